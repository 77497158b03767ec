use crate::html::Html;

const STYLE: &str = include_str!("style.css");

/// Writes a whole page around its content: no script, nothing from elsewhere.
///
/// Well-formed as XML too, so that any reader of markup can take it apart.
pub(crate) fn page(title: &str, capacity: usize, content: impl FnOnce(&mut Html)) -> String {
    let mut out = Html::with_capacity(capacity);
    out.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>")
        .cut(title, 200);
    out.raw("</title><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>");
    out.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\"/>");
    out.raw("<meta name=\"generator\" content=\"Vigil\"/><style>")
        .raw(STYLE)
        .raw("</style></head><body><main>\n");
    content(&mut out);
    out.raw("</main></body></html>\n");
    out.finish()
}
