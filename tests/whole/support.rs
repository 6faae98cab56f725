//! What scenarios are written with. It must not know what a scenario proves.
#![allow(dead_code)] // a tool box: not every scenario needs every tool

pub mod clients;
pub mod kafka;
pub mod ports;
pub mod process;
pub mod scenario;
pub mod stack;
pub mod wait;
