//! The lists that every page needs: what is popular, what is trending, and how often a category is bought again.

use super::bytes::Bytes;
use super::ids::read_ids;
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
        let mut head = Head::default();
        read_ids(&mut bytes, |id| head.popular.push(shelf.known(id)))?;
        let mut trending = Vec::new();
        read_ids(&mut bytes, |id| trending.push(shelf.known(id)))?;
        let scores = bytes.take(trending.len())?;
        head.trending = trending.into_iter().zip(scores.iter().map(|score| f32::from(*score) / 255.0)).collect();
        let mut categories = Vec::new();
        read_ids(&mut bytes, |category| categories.push(category.to_owned()))?;
        for category in categories {
            let (days, spread) = (bytes.number()?, bytes.number()?);
            head.rhythms.push((category, Rhythm { days: days as f32 / 4.0, spread: spread as f32 / 4.0 }));
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
