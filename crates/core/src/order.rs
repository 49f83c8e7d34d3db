//! Sorting that costs few bytes: the standard library's sorts are fast and, for each type sorted, four kilobytes of wasm.

/// The numbers below `count`, in the order that `before` gives; equals stand by number.
///
/// A merge sort from the bottom up: few questions to `before`, and never slower than n log n.
pub fn ordered(count: usize, before: &dyn Fn(usize, usize) -> bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    let mut merged = Vec::with_capacity(count);
    let mut run = 1;
    while run < count {
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (Some((one, more)), Some((other, rest))) = (left.split_first(), right.split_first()) {
                if before(*other as usize, *one as usize) {
                    merged.push(*other);
                    right = rest;
                } else {
                    merged.push(*one);
                    left = more;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        core::mem::swap(&mut order, &mut merged);
        merged.clear();
        run *= 2;
    }
    order
}

/// Sorts text.
pub fn sort_texts(texts: &mut Vec<String>) {
    let order = ordered(texts.len(), &|one, other| texts.get(one) < texts.get(other));
    *texts = order.iter().filter_map(|nth| texts.get_mut(*nth as usize).map(std::mem::take)).collect();
}

/// Puts an item before the first that is to stand behind it.
pub fn insert<T>(items: &mut Vec<T>, item: T, behind: impl Fn(&T) -> bool) {
    let place = items.iter().position(behind).unwrap_or(items.len());
    items.insert(place, item);
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn it_sorts_as_a_stable_sort_does() {
        let mut seed = 7_u32;
        for count in (0..40).chain([1000]) {
            let numbers: Vec<u32> = (0..count)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    seed >> 28
                })
                .collect();
            let mut expected: Vec<u32> = (0..count as u32).collect();
            expected.sort_by_key(|nth| numbers[*nth as usize]);
            assert_eq!(ordered(count, &|one, other| numbers[one] < numbers[other]), expected);
        }
    }
}
