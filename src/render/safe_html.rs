//! Markup from rules becomes nodes: parsed where nothing runs or loads, then rebuilt from an allow-list.
//!
//! Templates have escaped every value already. This is the second wall: even a rules file written by an attacker gets no
//! script, no event handler and no active URL into the page.

use tailorbird_core::text::position;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, DocumentFragment, Element, Node};

/// Elements that may stand in a block. What is not listed loses its tag and keeps its content …
const ELEMENTS: &str = " a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup data dd \
del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd label li main mark \
meter nav ol p picture pre progress q rp rt ruby s samp section small source span strong sub summary sup table tbody td \
tfoot th thead time tr u ul var wbr ";
/// … except these, which go with all they hold.
const SWALLOWED: &str = " script style iframe frame frameset object embed applet noscript noembed noframes template svg math \
textarea select title head base link meta xmp plaintext param portal fencedframe audio video canvas ";
/// Attributes that may stand on any of them; `aria-*` and `data-*` too. Neither `style` nor `id` nor `name`.
const ATTRIBUTES: &str = " abbr align alt class colspan datetime decoding dir disabled draggable fetchpriority height hidden \
high lang loading low max media min open optimum rel reversed role rowspan scope sizes span start tabindex target title \
translate type valign value width ";
/// Attributes that hold one URL.
const URLS: &str = " href src cite poster ";

/// The nodes of `html` that may enter the page, owned by `document`. `parse` makes an inert document of markup: one without
/// a window, so that nothing in it runs or loads.
pub(crate) fn safe_nodes(document: &Document, parse: &js_sys::Function, html: &str) -> Option<DocumentFragment> {
    let inert: Document = parse.call1(&JsValue::NULL, &html.into()).ok()?.dyn_into().ok()?;
    let fragment = document.create_document_fragment();
    rebuild(document, inert.body()?.unchecked_ref(), fragment.unchecked_ref(), 0);
    Some(fragment)
}

fn rebuild(document: &Document, from: &Node, into: &Node, depth: u32) {
    if depth > 60 {
        return;
    }
    let mut next = from.first_child();
    while let Some(node) = next {
        next = node.next_sibling();
        match node.node_type() {
            Node::TEXT_NODE => {
                let text = document.create_text_node(&node.text_content().unwrap_or_default());
                let _ = into.append_child(&text);
            }
            Node::ELEMENT_NODE => {
                let element: &Element = node.unchecked_ref();
                let name = element.local_name();
                if listed(ELEMENTS, &name) {
                    let Ok(made) = document.create_element(&name) else { continue };
                    copy_attributes(element, &made);
                    rebuild(document, &node, &made, depth + 1);
                    let _ = into.append_child(&made);
                } else if !listed(SWALLOWED, &name) {
                    rebuild(document, &node, into, depth + 1);
                }
            }
            _ => {}
        }
    }
}

fn copy_attributes(from: &Element, to: &Element) {
    for name in from.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        let Some(value) = from.get_attribute(&name) else { continue };
        let fine = if listed(URLS, &name) {
            safe_url(&value, name == "src")
        } else if name == "srcset" {
            value.split(',').all(|part| safe_url(part.trim_start(), true))
        } else {
            listed(ATTRIBUTES, &name)
                || name.starts_with("aria-")
                || (name.starts_with("data-") && name != "data-tailorbird-slot")
        };
        if fine {
            let _ = to.set_attribute(&name, &value);
        }
    }
    // A page opened in a new tab must not reach back into the shop.
    if to.get_attribute("target").is_some() {
        let _ = to.set_attribute("rel", "noopener");
    }
}

fn listed(list: &str, name: &str) -> bool {
    !name.is_empty() && !name.contains(' ') && position(list, &[" ", name, " "].concat()).is_some()
}

/// Whether a URL leads where a shop's link may lead: relative, http(s), mailto, tel, sms; pictures also `data:image/`.
fn safe_url(url: &str, picture: bool) -> bool {
    // Browsers skip control characters and spaces inside a scheme; so does this look at it.
    let plain: String = url.chars().filter(|letter| *letter > ' ' && *letter != '\u{7f}').take(40).collect();
    let plain = plain.to_ascii_lowercase();
    let Some(colon) = plain.find(':') else { return true };
    let scheme = plain.get(..colon).unwrap_or("");
    if scheme.contains(['/', '?', '#']) {
        return true;
    }
    let picture = picture
        && ["png", "jpeg", "gif", "webp", "avif"]
            .iter()
            .any(|kind| plain.starts_with(&["data:image/", kind, ";"].concat()));
    matches!(scheme, "http" | "https" | "mailto" | "tel" | "sms") || picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_urls_pass() {
        for (url, link, picture) in [
            ("/dogs", true, true),
            ("?q=a:b", true, true),
            ("#a:b", true, true),
            ("https://x.example/", true, true),
            ("mailto:a@b.example", true, true),
            ("javascript:alert(1)", false, false),
            (" java\nscript:alert(1)", false, false),
            ("JAVASCRIPT:alert(1)", false, false),
            ("\u{1}javascript:alert(1)", false, false),
            ("vbscript:x", false, false),
            ("data:text/html,x", false, false),
            ("data:image/png;base64,AA", false, true),
            ("data:image/svg+xml;base64,AA", false, false),
            ("blob:https://x", false, false),
        ] {
            assert_eq!((safe_url(url, false), safe_url(url, true)), (link, picture), "{url}");
        }
    }

    #[test]
    fn names_are_whole_words_of_their_list() {
        assert!(
            listed(ELEMENTS, "h2")
                && !listed(ELEMENTS, "h")
                && !listed(ELEMENTS, "script")
                && !listed(ELEMENTS, "a abbr")
        );
    }
}
