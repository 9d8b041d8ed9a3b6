//! How long to wait for an acknowledgement before a message is sent again, by TCP's estimate (RFC 6298).

use std::time::Duration;

const MIN_TIMEOUT: Duration = Duration::from_millis(200);
const MAX_TIMEOUT: Duration = Duration::from_secs(1);
const CLOCK_GRANULARITY: Duration = Duration::from_millis(10);

/// The smoothed time from a message to its acknowledgement, and its variation.
pub struct RoundTrip {
    mean: Duration,
    variation: Duration,
}

impl Default for RoundTrip {
    fn default() -> RoundTrip {
        RoundTrip {
            mean: Duration::from_millis(100),
            variation: Duration::ZERO,
        }
    }
}

impl RoundTrip {
    pub fn sample(&mut self, measured: Duration) {
        // The variation refers to the mean before this sample.
        self.variation = self.variation.mul_f64(0.75) + self.mean.abs_diff(measured).mul_f64(0.25);
        self.mean = self.mean.mul_f64(0.875) + measured.mul_f64(0.125);
    }

    /// The wait after the message was sent again this many times. It doubles each time.
    pub fn timeout(&self, resent: u32) -> Duration {
        let once = (self.mean + CLOCK_GRANULARITY.max(self.variation * 4)).max(MIN_TIMEOUT);
        once.saturating_mul(1 << resent.min(8)).min(MAX_TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn timeouts_double_from_the_minimum_to_the_maximum() {
        let round_trip = RoundTrip::default();
        let timeouts = [0, 1, 2, 3, 4_000_000].map(|resent| round_trip.timeout(resent));
        assert_eq!(timeouts, [ms(200), ms(400), ms(800), ms(1000), ms(1000)]);
    }

    #[test]
    fn timeouts_follow_a_slow_connection() {
        let mut round_trip = RoundTrip::default();
        round_trip.sample(ms(300));
        // 0.25 · |100 − 300| = 50; 0.875 · 100 + 0.125 · 300 = 125; 125 + 4 · 50
        assert_eq!(round_trip.timeout(0), ms(325));
        for _ in 0..100 {
            round_trip.sample(ms(300));
        }
        let settled = round_trip.timeout(0);
        assert!(settled > ms(305) && settled < ms(315), "{settled:?}");
        round_trip.sample(Duration::from_secs(3600));
        assert_eq!(round_trip.timeout(0), MAX_TIMEOUT);
    }
}
