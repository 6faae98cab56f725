//! Which letters are meant: every condition must hold, and of several values of one condition any. Reads no topic.

use std::{str::FromStr, time::Duration};

use super::{letter::Letter, marks::Mark};

/// Conditions; none given means all letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub places: Vec<Place>,
    pub codes: Vec<String>,
    /// Aliases or phone number ids.
    pub accounts: Vec<String>,
    pub keys: Vec<String>,
    /// Unix ms of the death, inclusive.
    pub since_ms: Option<i64>,
    /// Unix ms of the death, exclusive.
    pub until_ms: Option<i64>,
    /// `None`: in whatever state.
    pub state: Option<State>,
    /// The oldest ones.
    pub limit: Option<usize>,
}

/// How a letter stands, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Replayed,
    Discarded,
}

impl State {
    fn is(self, mark: &Mark) -> bool {
        match (self, mark) {
            (Self::Open, Mark::Open | Mark::Forgotten)
            | (Self::Replayed, Mark::Replayed { .. })
            | (Self::Discarded, Mark::Discarded { .. }) => true,
            (Self::Open | Self::Replayed | Self::Discarded, _) => false,
        }
    }
}

impl Filter {
    /// Everything but the state and the limit.
    #[must_use]
    pub fn takes(&self, letter: &Letter) -> bool {
        let any = |wanted: &[String], is: &dyn Fn(&str) -> bool| wanted.is_empty() || wanted.iter().any(|w| is(w));
        let key = letter.key.as_deref();
        let account =
            |wanted: &str| [&letter.account, &letter.phone_number_id].into_iter().flatten().any(|a| a == wanted);
        (self.places.is_empty() || self.places.iter().any(|place| place.is(letter)))
            && any(&self.codes, &|wanted| letter.code == wanted)
            && any(&self.accounts, &account)
            && any(&self.keys, &|wanted| key == Some(wanted.as_bytes()))
            && self.since_ms.is_none_or(|since| letter.died_ms >= since)
            && self.until_ms.is_none_or(|until| letter.died_ms < until)
    }

    /// Of letters in the order of their deaths, those of the wanted state and no more than the limit.
    #[must_use]
    pub fn choose(&self, mut found: Vec<(Letter, Mark)>) -> Vec<(Letter, Mark)> {
        found.retain(|(_, mark)| self.state.is_none_or(|state| state.is(mark)));
        found.sort_by(|(a, _), (b, _)| (a.died_ms, &a.place).cmp(&(b.died_ms, &b.place)));
        found.truncate(self.limit.unwrap_or(usize::MAX));
        found
    }
}

/// Where a letter lies: `3/42`, or with its topic in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    topic: Option<String>,
    partition: i32,
    offset: i64,
}

impl Place {
    fn is(&self, letter: &Letter) -> bool {
        let place = &letter.place;
        (self.partition, self.offset) == (place.partition, place.offset)
            && self.topic.as_ref().is_none_or(|topic| **topic == *place.topic)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "write PARTITION/OFFSET as `dlq list` prints it, for example 3/42";
        let mut parts = text.rsplitn(3, '/');
        let mut next = || parts.next();
        let (offset, partition, topic) = (next(), next(), next());
        let offset = offset.and_then(|part| part.parse().ok()).filter(|offset| *offset >= 0).ok_or(SHAPE)?;
        let partition = partition.and_then(|part| part.parse().ok()).filter(|p| *p >= 0).ok_or(SHAPE)?;
        Ok(Self { topic: topic.map(str::to_owned), partition, offset })
    }
}

/// A moment as people write it: `2h` ago, a date, or RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Ago(Duration),
    /// Unix ms.
    At(i64),
}

impl When {
    /// Unix ms.
    #[must_use]
    pub fn ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(age) => now_ms.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
            Self::At(ms) => ms,
        }
    }
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "write an age (45s, 30m, 2h, 3d), a date (2026-05-28) or a time (2026-05-28T20:26:40Z)";
        if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(time.timestamp_millis()));
        }
        if let Ok(date) = text.parse::<chrono::NaiveDate>() {
            return Ok(Self::At(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()));
        }
        let unit = text.chars().next_back().ok_or(SHAPE)?;
        let seconds: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(SHAPE),
        };
        let number: u64 = text[..text.len() - 1].parse().map_err(|_| SHAPE)?;
        number.checked_mul(seconds).map(|seconds| Self::Ago(Duration::from_secs(seconds))).ok_or(SHAPE)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::letter, *};

    fn takes(filter: Filter) -> bool {
        filter.takes(&letter("200000000000001:4915112345678"))
    }

    fn strings(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn each_condition_is_held_by_itself() {
        let none = Filter::default;
        assert!(takes(none()));
        let code = |codes: &[&str]| takes(Filter { codes: strings(codes), ..none() });
        assert_eq!((code(&["not_json", "not_avro"]), code(&["not_json"])), (true, false));
        let account = |accounts: &[&str]| takes(Filter { accounts: strings(accounts), ..none() });
        assert_eq!((account(&["main"]), account(&["200000000000001"]), account(&["other"])), (true, true, false));
        let key = |keys: &[&str]| takes(Filter { keys: strings(keys), ..none() });
        assert_eq!((key(&["200000000000001:4915112345678"]), key(&["4915112345678"])), (true, false));
        let since = |ms| takes(Filter { since_ms: Some(ms), ..none() });
        assert_eq!((since(1_000), since(1_001)), (true, false));
        let until = |ms| takes(Filter { until_ms: Some(ms), ..none() });
        assert_eq!((until(1_000), until(1_001)), (false, true));
        let place = |text: &str| takes(Filter { places: vec![text.parse().expect("a place")], ..none() });
        assert_eq!((place("1/7"), place("whatsapp.sender.dlq/1/7"), place("1/8")), (true, true, false));
        assert!(!place("whatsapp.status.dlq/1/7"), "a place of another stage is another letter's");
    }

    #[test]
    fn conditions_are_combined() {
        let both = |code: &str| Filter { codes: strings(&[code]), since_ms: Some(500), ..Filter::default() };
        assert_eq!((takes(both("not_avro")), takes(both("not_json"))), (true, false));
    }

    #[test]
    fn the_oldest_of_the_wanted_state_are_chosen() {
        let died = |offset: i64, died_ms: i64, mark: Mark| {
            let mut letter = letter("k");
            (letter.place.offset, letter.died_ms) = (offset, died_ms);
            (letter, mark)
        };
        let done = || Mark::Replayed { at: String::new(), by: String::new() };
        let found =
            vec![died(1, 30, Mark::Open), died(2, 10, done()), died(3, 20, Mark::Forgotten), died(4, 40, Mark::Open)];
        let offsets = |state, limit| -> Vec<i64> {
            let filter = Filter { state, limit, ..Filter::default() };
            filter.choose(found.clone()).iter().map(|(letter, _)| letter.place.offset).collect()
        };
        assert_eq!(offsets(None, None), [2, 3, 1, 4]);
        assert_eq!(offsets(Some(State::Open), Some(2)), [3, 1]);
        assert_eq!(offsets(Some(State::Replayed), None), [2]);
        assert!(offsets(Some(State::Discarded), None).is_empty());
    }

    #[test]
    fn places_are_read_as_they_are_printed() {
        let printed: Place = letter("k").place.to_string().parse().expect("a place");
        assert!(printed.is(&letter("k")));
        for bad in ["", "3", "a/1", "1/b", "-1/2", "1/-2", "whatsapp.sender.dlq/1"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_ages_dates_and_times() {
        let ms = |text: &str| text.parse::<When>().expect("a moment").ms(100_000_000);
        assert_eq!((ms("45s"), ms("30m"), ms("2h"), ms("1d")), (99_955_000, 98_200_000, 92_800_000, 13_600_000));
        assert_eq!((ms("1970-01-02"), ms("1970-01-01T01:00:00+01:00")), (86_400_000, 0));
        for bad in ["", "h", "2w", "-1h", "2 h", "yesterday", "é", "99999999999999999999d"] {
            assert!(bad.parse::<When>().is_err(), "{bad}");
        }
    }
}
