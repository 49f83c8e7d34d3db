//! Logistic regression by Newton's method, with a little ridge so that what is rare stays small.

/// Weights and bias: the log-odds are `bias + weights · x`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fitted {
    /// Where every measure is 0.
    pub bias: f64,
    /// One a measure.
    pub weights: Vec<f64>,
}

/// One case: measures, and whether it happened.
pub type Case = (Vec<f64>, bool);

const ROUNDS: usize = 25;

impl Fitted {
    /// The log-odds of a case.
    pub fn odds(&self, measures: &[f64]) -> f64 {
        self.bias + self.weights.iter().zip(measures).map(|(weight, measure)| weight * measure).sum::<f64>()
    }

    /// The probability of a case.
    pub fn probability(&self, measures: &[f64]) -> f64 {
        1.0 / (1.0 + (-self.odds(measures)).exp())
    }
}

/// Fits weights to cases. `ridge` pulls them to 0 as strongly as so many cases would.
pub fn fit(cases: &[Case], ridge: f64) -> Fitted {
    let count = cases.first().map_or(0, |case| case.0.len());
    let mut fitted = Fitted { bias: 0.0, weights: vec![0.0; count] };
    for _ in 0..ROUNDS {
        let size = count + 1;
        let mut slope = vec![0.0; size];
        let mut curve = vec![0.0; size * size];
        for (measures, happened) in cases {
            let probability = fitted.probability(measures);
            let (miss, weight) = (f64::from(u8::from(*happened)) - probability, probability * (1.0 - probability));
            let all = || std::iter::once(1.0).chain(measures.iter().copied()).enumerate();
            for (row, one) in all().filter(|(_, one)| *one != 0.0) {
                slope[row] += miss * one;
                for (column, other) in all().take(row + 1) {
                    curve[row * size + column] += weight * one * other;
                }
            }
        }
        for (nth, weight) in fitted.weights.iter().enumerate() {
            slope[nth + 1] -= ridge * weight;
            curve[(nth + 1) * size + nth + 1] += ridge;
        }
        curve[0] += 1e-9;
        let Some(step) = solved(curve, slope) else { break };
        // Newton may leap too far where hardly anything happens.
        let longest = step.iter().fold(0.0f64, |longest, part| longest.max(part.abs()));
        let factor = if longest > 3.0 { 3.0 / longest } else { 1.0 };
        fitted.bias += step[0] * factor;
        fitted.weights.iter_mut().zip(&step[1..]).for_each(|(weight, part)| *weight += part * factor);
        if longest < 1e-8 {
            break;
        }
    }
    fitted
}

/// Solves `matrix · x = right` for a symmetric positive matrix of which the lower half is given (Cholesky).
fn solved(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let dot: f64 = (0..column).map(|nth| matrix[row * size + nth] * matrix[column * size + nth]).sum();
            let rest = matrix[row * size + column] - dot;
            if row == column {
                if rest <= 0.0 {
                    return None;
                }
                matrix[row * size + row] = rest.sqrt();
            } else {
                matrix[row * size + column] = rest / matrix[column * size + column];
            }
        }
    }
    for row in 0..size {
        let dot: f64 = (0..row).map(|nth| matrix[row * size + nth] * right[nth]).sum();
        right[row] = (right[row] - dot) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let dot: f64 = (row + 1..size).map(|nth| matrix[nth * size + row] * right[nth]).sum();
        right[row] = (right[row] - dot) / matrix[row * size + row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Dice;

    #[test]
    fn known_weights_are_found_again() {
        let mut dice = Dice::new(5);
        let truth = Fitted { bias: -2.0, weights: vec![3.0, -1.5, 0.0] };
        let cases: Vec<Case> = (0..40_000)
            .map(|_| {
                let measures = vec![dice.share(), f64::from(u8::from(dice.share() < 0.3)), dice.share()];
                let happened = dice.share() < truth.probability(&measures);
                (measures, happened)
            })
            .collect();
        let fitted = fit(&cases, 1.0);
        assert!((fitted.bias - truth.bias).abs() < 0.1, "{fitted:?}");
        for (found, true_weight) in fitted.weights.iter().zip(&truth.weights) {
            assert!((found - true_weight).abs() < 0.15, "{fitted:?}");
        }
    }

    #[test]
    fn what_always_or_never_happens_stays_finite() {
        for happened in [true, false] {
            let cases: Vec<Case> = (0..50).map(|nth| (vec![f64::from(nth) / 50.0, 0.0], happened)).collect();
            let fitted = fit(&cases, 1.0);
            assert!(fitted.probability(&[0.5, 0.0]).is_finite());
            assert_eq!(fitted.probability(&[0.5, 0.0]) > 0.5, happened);
        }
        assert_eq!(fit(&[], 1.0), Fitted::default());
    }
}
