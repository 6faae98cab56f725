//! Actions from which a user picks: reply buttons and lists.

use std::collections::HashSet;

use super::super::{Field, Known, Refusal};

pub fn buttons(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    let buttons = action.need_items("buttons", 1..=3)?;
    let mut replies = Vec::new();
    for button in &buttons {
        button.need_one_of("type", &["reply"])?;
        let reply = button.need("reply")?;
        replies.push((reply.need_text("id", 256)?, reply.need_text("title", 20)?));
    }
    let ids: HashSet<_> = replies.iter().map(|(id, _)| id).collect();
    let titles: HashSet<_> = replies.iter().map(|(_, title)| title).collect();
    match ids.len() == replies.len() && titles.len() == replies.len() {
        true => Ok(()),
        false => Err(action.bad("has buttons whose ids or titles are not unique")),
    }
}

pub fn list(action: &Field<'_>, _: &Known<'_>) -> Result<(), Refusal> {
    action.need_text("button", 20)?;
    let sections = action.need_items("sections", 1..=10)?;
    let (mut ids, mut count) = (HashSet::new(), 0);
    for section in &sections {
        match sections.len() {
            1 => drop(section.find_text("title", 24)?),
            _ => drop(section.need_text("title", 24)?),
        }
        for row in section.need_items("rows", 1..=10)? {
            ids.insert(row.need_text("id", 200)?);
            row.need_text("title", 24)?;
            row.find_text("description", 72)?;
            count += 1;
        }
    }
    match (count, ids.len()) {
        (11.., _) => Err(action.bad("must have between 1 and 10 rows in all sections together")),
        (rows, ids) if rows != ids => Err(action.bad("has rows whose ids are not unique")),
        _ => Ok(()),
    }
}
