//! The lists that every page needs: what is popular, what is trending, and how often a category is bought again.

use super::bytes::Bytes;
use super::ids::IdList;
use super::rhythm::Rhythm;
use super::shelf::Shelf;

/// What the head file holds.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Items by number, the most popular first.
    pub(crate) popular: Vec<u32>,
    /// Items by number with a score from 0 to 1, the fastest rising first.
    pub(crate) trending: Vec<(u32, f32)>,
    /// Rhythms of categories, by path.
    rhythms: Vec<(String, Rhythm)>,
}

impl Head {
    pub(crate) fn read(body: &[u8], shelf: &mut Shelf) -> Option<Head> {
        let mut bytes = Bytes::new(body);
        let popular = IdList::read(&mut bytes)?;
        let rising = IdList::read(&mut bytes)?;
        let categories = IdList::read(&mut bytes)?;
        let mut bits = bytes.bits();
        let mut head = Head::default();
        popular.each(&mut bits, |id| head.popular.push(shelf.known(id)))?;
        rising.each(&mut bits, |id| head.trending.push((shelf.known(id), 0.0)))?;
        for rising in &mut head.trending {
            rising.1 = bits.take(8)? as f32 / 255.0;
        }
        let mut names = Vec::new();
        categories.each(&mut bits, |category| names.push(category.to_owned()))?;
        for category in names {
            head.rhythms.push((category, Rhythm::read(&mut bits)?));
        }
        Some(head)
    }

    /// The rhythm of a category, or else of the nearest level above it.
    pub(crate) fn rhythm(&self, category: &str) -> Option<Rhythm> {
        let mut path = category;
        loop {
            if let Some((_, rhythm)) = self.rhythms.iter().find(|(known, _)| known == path) {
                return Some(*rhythm);
            }
            path = path.rsplit_once('/')?.0;
        }
    }
}
