//! What the shopper searched for, read from the URL of a results page.

use super::url;

/// Parameters that hold a search term on search pages, most telling first.
const TERMS: [&str; 22] = [
    "q",
    "query",
    "search_query",
    "searchquery",
    "search_term",
    "searchterm",
    "searchtext",
    "search_text",
    "search",
    "keyword",
    "keywords",
    "kw",
    "ssearch",
    "suchbegriff",
    "suche",
    "recherche",
    "buscar",
    "zoeken",
    "term",
    "text",
    "s",
    "k",
];
/// Those that mean a search on any page.
const UNMISTAKABLE: [&str; 10] = [
    "search_query",
    "searchquery",
    "search_term",
    "searchterm",
    "searchtext",
    "search_text",
    "ssearch",
    "suchbegriff",
    "suche",
    "recherche",
];
const PAGES: [&str; 18] = [
    "search",
    "suche",
    "recherche",
    "buscar",
    "busqueda",
    "cerca",
    "ricerca",
    "zoeken",
    "sok",
    "find",
    "results",
    "result",
    "catalogsearch",
    "searchresults",
    "suchergebnis",
    "suchergebnisse",
    "s",
    "szukaj",
];

/// Whether the name of a field or parameter says that a search term stands in it.
pub(crate) fn is_term_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TERMS.contains(&name.trim_end_matches("[]"))
}

/// Whether the path is one of a results page: `/search`, `/de/suche/`, `/catalogsearch/result/`.
pub(crate) fn is_search_path(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.split('.').next().unwrap_or("").to_ascii_lowercase();
        PAGES.contains(&part.as_str()) || part.starts_with("search-") || part.ends_with("-search")
    })
}

/// The term that a URL's query holds, as the shopper typed it. `on_search_page`: the page says of itself that it is one.
/// Later pages of the same results tell nothing new.
pub(crate) fn term(url: &str, on_search_page: bool) -> Option<String> {
    let parts = url::parts(url);
    let pairs: Vec<(String, String)> = url::parameters(parts.query).collect();
    let later = pairs.iter().any(|(name, value)| {
        matches!(name.as_str(), "page" | "p" | "pg" | "paged") && value.parse::<u32>().is_ok_and(|number| number > 1)
    });
    if later {
        return None;
    }
    let results = on_search_page || is_search_path(parts.path);
    // WordPress and WooCommerce answer searches on the front page.
    let front = url::is_front(parts.path);
    TERMS.iter().find_map(|wanted| {
        if !(results || UNMISTAKABLE.contains(wanted) || (front && matches!(*wanted, "s" | "q" | "search"))) {
            return None;
        }
        let (_, value) = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        cleaned(value)
    })
}

/// The term with single spaces; `None` for nothing at all and for essays.
pub(crate) fn cleaned(value: &str) -> Option<String> {
    let mut term = String::new();
    for word in value.split_whitespace() {
        if !term.is_empty() {
            term.push(' ');
        }
        term.push_str(word);
    }
    (!term.is_empty() && term.len() <= 200).then_some(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_where_shops_put_them() {
        for (url, found) in [
            ("https://s.example/search?q=dog+food", Some("dog food")),
            ("https://s.example/de/suche/?query=Hund%C3%A9", Some("Hundé")),
            ("https://s.example/catalogsearch/result/?q=ball", Some("ball")),
            ("https://s.example/search.html?keyword=%20%20a%20%20b", Some("a b")),
            ("https://s.example/?s=ball", Some("ball")),
            ("https://s.example/?q=ball", Some("ball")),
            ("https://s.example/s?k=ball", Some("ball")),
            ("https://s.example/shop?search_term=ball", Some("ball")),
            ("https://s.example/shop-search?text=ball", Some("ball")),
            ("https://s.example/search?Q=ball", Some("ball")),
            ("https://s.example/search?q=", None),
            ("https://s.example/search", None),
            ("https://s.example/search?q=ball&page=2", None),
            ("https://s.example/search?q=ball&page=1", Some("ball")),
            ("https://s.example/dogs?q=ball", None),
            ("https://s.example/dogs?s=xl", None),
            ("https://s.example/dogs?k=1", None),
            ("https://s.example/research?text=x", None),
        ] {
            assert_eq!(term(url, false).as_deref(), found, "{url}");
        }
        assert_eq!(term("https://s.example/x?text=ball", true).as_deref(), Some("ball"));
    }
}
