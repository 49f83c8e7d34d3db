//! A token bucket: so many events a second on average, so many at once.

/// A bucket of tokens that refills with time.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    most: f64,
    tokens: f64,
    at: f64,
}

impl Bucket {
    /// A full bucket. It holds what ten seconds refill, and at least one full batch.
    pub(crate) fn new(per_second: u32) -> Bucket {
        let per_second = f64::from(per_second);
        let most = (per_second * 10.0).max(crate::ingest::MAX_BATCH_EVENTS as f64);
        Bucket { per_second, most, tokens: most, at: 0.0 }
    }

    /// Takes tokens at a moment (in seconds of a steady clock), or tells after how many seconds they can be had.
    /// Taking none asks whether there is any.
    pub(crate) fn take(&mut self, tokens: usize, now: f64) -> Result<(), u64> {
        self.tokens = (self.tokens + (now - self.at).max(0.0) * self.per_second).min(self.most);
        self.at = now;
        let wanted = tokens as f64;
        if self.tokens >= wanted.max(1.0) {
            self.tokens -= wanted;
            return Ok(());
        }
        let missing = wanted.clamp(1.0, self.most) - self.tokens;
        Err((missing / self.per_second).ceil().clamp(1.0, 3600.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_with_time() {
        let mut bucket = Bucket::new(1_000);
        assert_eq!(bucket.take(10_000, 0.0), Ok(()));
        assert_eq!(bucket.take(2_500, 0.0), Err(3));
        assert_eq!(bucket.take(2_500, 2.0), Err(1));
        assert_eq!(bucket.take(2_500, 2.5), Ok(()));
        assert_eq!(bucket.take(1, 2.5), Err(1));
        assert_eq!(bucket.take(0, 2.5), Err(1));
        assert_eq!(bucket.take(0, 2.6), Ok(()));
    }
}
