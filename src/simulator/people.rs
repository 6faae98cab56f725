//! Who the users are: names, business-scoped ids and usernames, who has stopped marketing, who writes in which group. A user
//! nobody has told about has a name and an id that follow from the seed. Bounded; knows no webhook.

use std::collections::{BTreeSet, HashMap};

use super::{dice::Dice, phone::Recipient};

/// Users and groups remembered before all are forgotten.
const MOST: usize = 100_000;
/// More than a group can have.
const MOST_MEMBERS: usize = 1_000;

/// A user as businesses see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// None where a username hides the number.
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
    pub name: String,
    pub username: Option<String>,
    /// Set where identity checks are switched on.
    pub identity_key_hash: Option<String>,
}

impl Person {
    /// Somebody by what they are addressed with: digits, or a business-scoped user id. `has_user_id` says whether somebody
    /// with a number has such an id too.
    #[must_use]
    pub fn stranger(id: &str, has_user_id: bool, dice: Dice) -> Self {
        let is_user_id = id.contains('.');
        let derived = || format!("US.{:019}", dice.up_to(&format!("user {id}"), 9_999_999_999_999_999_999));
        Self {
            wa_id: (!is_user_id).then(|| id.to_owned()),
            user_id: if is_user_id { Some(id.to_owned()) } else { has_user_id.then(derived) },
            name: "Simulated User".to_owned(),
            username: None,
            identity_key_hash: None,
        }
    }

    /// What windows and groups know them by.
    #[must_use]
    pub fn id(&self) -> &str {
        self.wa_id.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }

    /// Each id they may be addressed with.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        [self.wa_id.as_deref(), self.user_id.as_deref()].into_iter().flatten()
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct People {
    known: HashMap<String, Person>,
    groups: HashMap<String, BTreeSet<String>>,
    stopped: BTreeSet<String>,
}

impl People {
    #[must_use]
    pub fn find(&self, id: &str, has_user_id: bool, dice: Dice) -> Person {
        self.known.get(id).cloned().unwrap_or_else(|| Person::stranger(id, has_user_id, dice))
    }

    pub fn remember(&mut self, person: &Person) {
        if self.known.len() + 2 > MOST {
            self.known.clear();
        }
        for id in person.ids() {
            self.known.insert(id.to_owned(), person.clone());
        }
    }

    pub fn joined(&mut self, group: &str, person: &Person) {
        if self.groups.len() >= MOST {
            self.groups.clear();
        }
        let members = self.groups.entry(group.to_owned()).or_default();
        if members.len() < MOST_MEMBERS {
            members.insert(person.id().to_owned());
        }
    }

    /// Who was seen in a group; two made-up members where nobody was.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<String> {
        match self.groups.get(group) {
            Some(members) => members.iter().cloned().collect(),
            None => vec!["15550000998".to_owned(), "15550000999".to_owned()],
        }
    }

    /// `stop` or `resume`, as the user said it to the business.
    pub fn prefers(&mut self, person: &Person, word: &str) {
        if self.stopped.len() + 2 > MOST {
            self.stopped.clear();
        }
        for id in person.ids() {
            match word {
                "stop" => drop(self.stopped.insert(id.to_owned())),
                _ => drop(self.stopped.remove(id)),
            }
        }
    }

    #[must_use]
    pub fn takes_no_marketing(&self, recipient: &Recipient) -> bool {
        self.stopped.contains(recipient.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_has_the_same_user_id_every_time() {
        let (people, dice) = (People::default(), Dice::new(1));
        let person = people.find("15550000999", true, dice);
        assert_eq!(person, people.find("15550000999", true, dice));
        assert!(person.user_id.is_some_and(|id| id.starts_with("US.") && id.len() == 22));
        assert_eq!(people.find("15550000999", false, dice).user_id, None);
    }

    #[test]
    fn a_person_is_found_by_number_and_by_user_id() {
        let (mut people, dice) = (People::default(), Dice::new(1));
        let zoe = Person { name: "Zoë".to_owned(), ..Person::stranger("15550000999", true, dice) };
        people.remember(&zoe);
        for id in zoe.ids() {
            assert_eq!(people.find(id, true, dice), zoe);
        }
    }

    #[test]
    fn who_stopped_marketing_takes_none_until_they_resume() {
        let mut people = People::default();
        let zoe = Person::stranger("15550000999", true, Dice::new(1));
        let by_user_id = Recipient::User(zoe.user_id.clone().unwrap());
        people.prefers(&zoe, "stop");
        assert!(people.takes_no_marketing(&by_user_id));
        people.prefers(&zoe, "resume");
        assert!(!people.takes_no_marketing(&by_user_id));
    }
}
