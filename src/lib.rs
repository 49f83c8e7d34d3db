//! The agent in the page: the public face of tailorbird for JavaScript.
