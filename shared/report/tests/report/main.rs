//! The report as a person and as a machine sees it.

mod attribution;
mod bias;
mod colours;
mod fleet;
mod hostile;
mod outline;
mod quality;
mod run;
mod sample;

use std::path::Path;

/// Keeps a page to be looked at in a browser, and returns it.
fn keep(name: &str, page: String) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join(name), &page).expect("the build folder can be written");
    page
}

/// Checks that a page is whole, without script and without addresses.
#[track_caller]
fn sound(page: &str) {
    let options =
        roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let tree = roxmltree::Document::parse_with_options(page, options).expect("well-formed");
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let known = "html head meta title style body main header footer section div h1 h2 h3 h4 p span small b bdi i ul ol li \
                     table thead tbody tr th td code a svg path rect circle text tspan";
        assert!(known.split_whitespace().any(|it| it == name), "<{name}>");
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(
                !name.starts_with("on") && !["src", "style", "srcset", "data"].contains(&name),
                "{name}"
            );
            if name == "href" {
                assert!(
                    !attribute.value().contains(':') || attribute.value().starts_with("https://")
                );
            }
        }
        if name == "svg" {
            let has_alt = ["aria-label", "aria-hidden"]
                .iter()
                .any(|it| node.attribute(*it).is_some_and(|it| !it.is_empty()));
            assert!(has_alt, "a picture without words");
        }
    }
    for word in
        ["<script", "@import", "url(", "http-equiv=\"refresh", "<iframe", "<link", "NaN", "inf<"]
    {
        assert!(!page.contains(word), "{word}");
    }
}
