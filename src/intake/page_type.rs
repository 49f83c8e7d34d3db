//! What kind of page it is: the words shops use for it, and what its path says.

use super::words::{among, bare, cut};
use super::{search, url};

/// Where nothing says what it is.
pub(crate) const OTHER: &str = "other";

/// The names that conditions know, and what shops, themes and tag plans call them.
const KINDS: [(&str, &str); 7] = [
    ("home", "home index start startseite front frontpage"),
    (
        "category",
        "category categories collection collections listing productlist productlisting list plp productgroup department \
         catalog catalogcategoryview kategorie shop offercatalog itemlist brand",
    ),
    (
        "product",
        "product products productdetail productdetails detail pdp item productitem ogproduct catalogproductview produkt artikel",
    ),
    ("cart", "cart basket shoppingcart bag warenkorb checkoutcart minicart"),
    (
        "checkout",
        "checkout purchase payment shipping kasse thankyou confirmation orderconfirmation success conversion \
         checkoutsuccess transaction",
    ),
    ("search", "search searchresult searchresults results catalogsearch suche suchergebnis"),
    (OTHER, OTHER),
];
/// Segments of paths.
const PATHS: [(&str, &str); 4] = [
    (
        "checkout",
        "checkout checkouts kasse onepage thank-you thank_you thankyou thanks order-confirmation bestellung bestellbestaetigung",
    ),
    ("cart", "cart basket bag warenkorb panier carrito carrello winkelwagen koszyk"),
    (
        "product",
        "product products produkt produkte produit produits producto productos prodotto p pd dp item artikel pdp",
    ),
    (
        "category",
        "category categories c collection collections kategorie kategorien shop categoria categorie product-category \
         catalog department brand brands",
    ),
];

fn kind(word: &str, kinds: &[(&'static str, &str)]) -> Option<&'static str> {
    kinds.iter().find(|(_, words)| among(word, words)).map(|(kind, _)| *kind)
}

/// What shops, themes and tag plans call a kind of page, as the name that conditions know.
pub(crate) fn from_word(word: &str) -> Option<&'static str> {
    let word = bare(word);
    kind(word.strip_suffix("page").unwrap_or(&word), &KINDS)
}

/// What the path says, where nothing better does. The last telling segment wins, except that a product stands below its
/// collection or above a category: `/collections/dogs/products/x`.
pub(crate) fn from_url(address: &str) -> &'static str {
    match search::term(address, false) {
        Some(_) => "search",
        None => of_path(url::parts(address).path),
    }
}

/// The same of a path alone.
pub(super) fn of_path(path: &str) -> &'static str {
    if search::is_search_path(path) {
        return "search";
    }
    if url::is_front(path) {
        return "home";
    }
    let mut found = OTHER;
    let mut segments = path.trim_end_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let word = cut(segment, b".").0.to_ascii_lowercase();
        // `/products` alone lists them all.
        let lists = segments.peek().is_none() && among(&word, "products produkte produits productos");
        match kind(&word, &PATHS) {
            Some("category") if found != OTHER => {}
            Some(_) if lists => found = "category",
            Some(kind) => found = kind,
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_tag_plans_mean_the_names_that_conditions_know() {
        for (word, kind) in [
            ("Home", Some("home")),
            ("HomePage", Some("home")),
            ("searchresults", Some("search")),
            ("SearchResultsPage", Some("search")),
            ("PDP", Some("product")),
            ("product.item", Some("product")),
            ("og:product", Some("product")),
            ("Product Detail", Some("product")),
            ("collection", Some("category")),
            ("CollectionPage", Some("category")),
            ("product-listing", Some("category")),
            ("product.group", Some("category")),
            ("purchase", Some("checkout")),
            ("CheckoutPage", Some("checkout")),
            ("shopping_cart", Some("cart")),
            ("website", None),
            ("article", None),
            ("", None),
        ] {
            assert_eq!(from_word(word), kind, "{word}");
        }
    }

    #[test]
    fn paths_tell_the_kind_of_page() {
        for (path, kind) in [
            ("/", "home"),
            ("/de/", "home"),
            ("/index.html", "home"),
            ("/collections/dogs", "category"),
            ("/collections/dogs/products/ball", "product"),
            ("/products/ball", "product"),
            ("/products", "category"),
            ("/shop/", "category"),
            ("/p/123", "product"),
            ("/dp/B00X", "product"),
            ("/product.html?id=5", "product"),
            ("/cart", "cart"),
            ("/cart.html", "cart"),
            ("/checkout/cart", "cart"),
            ("/cart/checkout", "checkout"),
            ("/de/warenkorb", "cart"),
            ("/checkout/step/2", "checkout"),
            ("/checkout/thank-you", "checkout"),
            ("/search?q=x", "search"),
            ("/suche/", "search"),
            ("/?s=x", "search"),
            ("/products/search-dog", "product"),
            ("/product/x/c/red", "product"),
            ("/about", "other"),
            ("/blog/how-to", "other"),
            ("/category/dogs/", "category"),
        ] {
            assert_eq!(from_url(&format!("https://s.example{path}")), kind, "{path}");
        }
    }
}
