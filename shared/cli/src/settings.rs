//! `vigil settings`: checks, describes and imports settings.

use std::path::Path;

use settings::{Problems, import, schema};

use crate::args::Settings;
use crate::folder::read;
use crate::screen::{Screen, good};
use crate::{Failure, Outcome};

pub(crate) fn run(action: &Settings, screen: &mut Screen) -> Result<Outcome, Failure> {
    match action {
        Settings::Check { file } => {
            settings::Settings::parse(&text(file)?).map_err(|it| refusal(file, &it))?;
            screen.line(format!("{} {}", good("valid"), file.display()));
        }
        Settings::Schema => screen.line(schema().trim_end()),
        Settings::Import { file } => {
            let imported = import(&text(file)?).map_err(|it| refusal(file, &it))?;
            screen.line(imported.text.trim_end());
            for remark in imported.remarks {
                screen.note(format!("remark: {remark}"));
            }
        }
    }
    Ok(Outcome::Fine)
}

fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(read(file)?)
        .map_err(|_| Failure::at(file, "is not UTF-8 text; save it as UTF-8"))
}

fn refusal(file: &Path, problems: &Problems) -> Failure {
    let count = problems.problems.len() + problems.left_out;
    let noun = if count == 1 { "thing is" } else { "things are" };
    Failure::new(format!(
        "{count} {noun} wrong\n{}",
        problems.in_file(&file.display().to_string()).trim_end()
    ))
}
