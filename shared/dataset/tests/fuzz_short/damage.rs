//! Input that is damaged with a seed, for every crate that reads.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::panic::{self, AssertUnwindSafe};

/// Runs in CI.
const FEW_RUNS: u64 = 2_000;
/// No reader needs more for inputs of some kilobytes.
const MOST_KIBIBYTES: u64 = 300 << 10;
/// Runs between two looks at the memory in use.
const PEAK_EVERY: u64 = 64;
pub(crate) const LONGEST: usize = 4096;

/// Gives damaged input to a target, which must hold whatever it is.
#[track_caller]
pub(crate) fn check(name: &str, corpus: &[Vec<u8>], target: fn(&[u8])) {
    let runs = setting("VIGIL_FUZZ_RUNS").unwrap_or(FEW_RUNS);
    let seed = setting("VIGIL_FUZZ_SEED").unwrap_or(1);
    let mut random = Random(seed);
    for run in 0..runs {
        let input = mutated(corpus, &mut random);
        let whole = panic::catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(whole.is_ok(), "{name}, seed {seed}, run {run}: {}", STANDARD.encode(&input));
        let most = if run % PEAK_EVERY == 0 { peak_kibibytes() } else { None };
        let most = most.unwrap_or_default();
        assert!(most < MOST_KIBIBYTES, "{name}, seed {seed}, up to run {run}: {most} KiB in use");
    }
}

/// One of the corpus, damaged in one to eight ways.
fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        let at = random.below(input.len() + 1);
        let upto = (at + 1 + random.below(16)).min(input.len());
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = random.byte(),
            2 => input.insert(at, random.byte()),
            3 => drop(input.drain(at..upto)),
            4 => {
                let copy = input[at..upto].to_vec();
                let times = 1 + random.below(4);
                input.splice(at..at, copy.repeat(times));
            }
            5 => {
                let other = &corpus[random.below(corpus.len())];
                let start = random.below(other.len() + 1);
                input.splice(at.., other[start..].iter().copied());
            }
            6 => input.truncate(at),
            7 => {
                let copy = input[at..upto].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            _ if at < input.len() => input[at] = [0, 0x7F, 0x80, 0xFF][random.below(4)],
            _ => {}
        }
        input.truncate(2 * LONGEST);
    }
    input
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A byte that means something, mostly.
    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] =
            b"\"\"\"\\\\,,\n\n\r\t{}[]:;0123456789.-+eEunull \x00\x1F\x80\xC3\xEF\xFF";
        if self.below(4) == 0 { self.next() as u8 } else { TELLING[self.below(TELLING.len())] }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is asked for more by its environment")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Most memory this process ever had, where the system tells.
fn peak_kibibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
