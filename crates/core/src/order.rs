//! Sorting that costs few bytes: the standard library's sorts are fast and, for each type sorted, four kilobytes of wasm.

/// The numbers below `count`, in the order that `before` gives; equals stand by number.
///
/// A heap sort: no memory but the answer, and never slower than n log n.
pub fn ordered(count: usize, before: &dyn Fn(usize, usize) -> bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    let later = |one: u32, other: u32| {
        let (one, other) = (one as usize, other as usize);
        before(other, one) || (!before(one, other) && other < one)
    };
    // First a heap with the last on top, then one top after the other behind what is left of it.
    let mut root = count / 2;
    let mut end = count;
    while end > 1 {
        if root > 0 {
            root -= 1;
        } else {
            end -= 1;
            order.swap(0, end);
        }
        let mut parent = root;
        loop {
            let mut child = 2 * parent + 1;
            let at = |nth: usize| order.get(nth).copied().unwrap_or(0);
            if child + 1 < end && later(at(child + 1), at(child)) {
                child += 1;
            }
            if child >= end || !later(at(child), at(parent)) {
                break;
            }
            order.swap(parent, child);
            parent = child;
        }
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
