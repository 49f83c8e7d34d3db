//! What kind of page it is: the words shops use for it, and what its path says.

use super::{search, url};

/// The contract's names.
pub(crate) const OTHER: &str = "other";

/// What shops, themes and tag plans call a kind of page, as the contract's name for it.
pub(crate) fn from_word(word: &str) -> Option<&'static str> {
    let word: String = word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    let word = word.strip_suffix("page").unwrap_or(&word);
    Some(match word {
        "home" | "index" | "homepagetemplate" | "start" | "startseite" | "front" | "frontpage" | "landinghome" => {
            "home"
        }
        "category"
        | "categories"
        | "collection"
        | "collections"
        | "listing"
        | "productlist"
        | "productlisting"
        | "list"
        | "plp"
        | "productgroup"
        | "department"
        | "catalog"
        | "catalogcategoryview"
        | "kategorie"
        | "collectionlist"
        | "shop"
        | "offercatalog"
        | "itemlist"
        | "brand" => "category",
        "product" | "products" | "productdetail" | "productdetails" | "detail" | "pdp" | "item" | "offerdetail"
        | "productitem" | "ogproduct" | "catalogproductview" | "produkt" | "artikel" => "product",
        "cart" | "basket" | "shoppingcart" | "bag" | "warenkorb" | "checkoutcart" | "minicart" => "cart",
        "checkout" | "purchase" | "payment" | "shipping" | "kasse" | "thankyou" | "confirmation"
        | "orderconfirmation" | "success" | "conversion" | "checkoutsuccess" | "transaction" => "checkout",
        "search" | "searchresult" | "searchresults" | "results" | "catalogsearch" | "suche" | "suchergebnis" => {
            "search"
        }
        "other" => OTHER,
        _ => return None,
    })
}

/// What the path says, where nothing better does. The last telling segment wins, except that a product stands below its
/// collection or above a category: `/collections/dogs/products/x`.
pub(crate) fn from_url(address: &str) -> &'static str {
    let parts = url::parts(address);
    if search::term(address, false).is_some() || search::is_search_path(parts.path) && !parts.path.contains("/product")
    {
        return "search";
    }
    if url::is_front(parts.path) {
        return "home";
    }
    let segments = || parts.path.split('/').filter(|part| !part.is_empty());
    let deepest = segments().count();
    let mut kind = OTHER;
    let mut certain = false;
    for (nth, segment) in segments().enumerate() {
        let word = segment.split('.').next().unwrap_or("").to_ascii_lowercase();
        let found =
            match word.as_str() {
                "checkout"
                | "checkouts"
                | "kasse"
                | "onepage"
                | "thank-you"
                | "thank_you"
                | "thankyou"
                | "thanks"
                | "order-confirmation"
                | "bestellung"
                | "bestellbestaetigung" => "checkout",
                "cart" | "basket" | "bag" | "warenkorb" | "panier" | "carrito" | "carrello" | "winkelwagen"
                | "koszyk" => "cart",
                // `/products` alone lists them all.
                "products" | "produkte" | "produits" | "productos" if nth + 1 == deepest => "category",
                "product" | "products" | "produkt" | "produkte" | "produit" | "produits" | "producto" | "productos"
                | "prodotto" | "p" | "pd" | "dp" | "item" | "artikel" | "pdp" => "product",
                "category" | "categories" | "c" | "collection" | "collections" | "kategorie" | "kategorien"
                | "shop" | "categoria" | "categorie" | "product-category" | "catalog" | "department" | "brand"
                | "brands" => "category",
                _ => continue,
            };
        let is_certain = found != "category";
        if is_certain || !certain {
            (kind, certain) = (found, is_certain);
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_tag_plans_mean_the_contract_s_names() {
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
            ("/about", "other"),
            ("/blog/how-to", "other"),
            ("/category/dogs/", "category"),
        ] {
            assert_eq!(from_url(&format!("https://s.example{path}")), kind, "{path}");
        }
    }
}
