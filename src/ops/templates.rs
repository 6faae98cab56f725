//! Templates from the command line: what Meta has, compared with the catalogue and with files, and brought there. Sends
//! nothing and knows no account's token.

mod changes;
mod definition;
mod desk;
mod page;
mod push;
mod rules;
mod sync;

pub use self::{
    changes::{Change, changes},
    definition::{Definition, FileError, file_name, read_folder, write_file},
    desk::{Desk, DeskError, Remote},
    page::{json, shown, table},
    push::{Step, Wanted, steps},
    sync::{Difference, difference},
};
