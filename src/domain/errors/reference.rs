//! Every code that Meta's pages list, in their sections and order, so that none is forgotten. Read from the error-code page
//! (editions of December 2025 and September 2026), the Graph API's error handling, and the pages of groups, calling, block
//! lists, usernames, templates, sign-up and coexistence. Not listed anywhere, so not here: 131027 and the family 136xxx.

use std::ops::RangeInclusive;

use super::lookup;

type Codes = &'static [RangeInclusive<i64>];

#[rustfmt::skip]
const GRAPH: Codes = &[
    0..=0, 1..=1, 2..=2, 3..=3, 4..=4, 10..=10, 17..=17, 32..=32, 33..=33, 100..=100, 102..=102, 104..=104, 190..=190,
    200..=299, 341..=341, 368..=368, 506..=506, 613..=613, 80_007..=80_008,
];

#[rustfmt::skip]
const MESSAGES: Codes = &[
    130_403..=130_403, 130_429..=130_429, 130_472..=130_472, 130_497..=130_497, 130_501..=130_501, 131_000..=131_000,
    131_005..=131_005, 131_008..=131_009, 131_016..=131_016, 131_020..=131_021, 131_026..=131_026, 131_030..=131_031,
    131_037..=131_037, 131_041..=131_042, 131_044..=131_045, 131_047..=131_053, 131_055..=131_057, 131_059..=131_059,
    131_062..=131_064,
];

#[rustfmt::skip]
const GROUPS: Codes = &[
    131_201..=131_204, 131_207..=131_215,
];

#[rustfmt::skip]
const TEMPLATES_AND_FLOWS: Codes = &[
    132_000..=132_001, 132_005..=132_005, 132_007..=132_008, 132_012..=132_012, 132_015..=132_016, 132_018..=132_018,
    132_068..=132_069, 139_000..=139_004, 2_388_019..=2_388_019, 2_388_039..=2_388_040, 2_388_047..=2_388_047,
    2_388_072..=2_388_073, 2_388_293..=2_388_293, 2_388_299..=2_388_299,
];

#[rustfmt::skip]
const NUMBERS_AND_ACCOUNTS: Codes = &[
    2_046..=2_046, 133_000..=133_000, 133_004..=133_006, 133_008..=133_010, 133_015..=133_016, 134_011..=134_011,
    134_100..=134_103, 135_000..=135_000, 137_000..=137_000, 141_000..=141_014, 147_001..=147_005, 200_005..=200_007,
    1_752_041..=1_752_041, 2_388_001..=2_388_001, 2_388_012..=2_388_012, 2_388_091..=2_388_091, 2_388_093..=2_388_093,
    2_388_103..=2_388_103, 2_494_100..=2_494_100, 2_494_164..=2_494_179, 2_593_079..=2_593_079, 2_593_085..=2_593_085,
    2_593_107..=2_593_109,
];

#[rustfmt::skip]
const CALLS_AND_BLOCKS: Codes =
    &[138_000..=138_007, 138_009..=138_009, 138_012..=138_015, 138_017..=138_025, 139_100..=139_103];

const SUBCODES: &[(i64, i64)] = &[
    (100, 33),
    (190, 458),
    (190, 459),
    (190, 460),
    (190, 463),
    (190, 464),
    (190, 467),
    (190, 492),
    (130_429, 2_494_055),
];

#[test]
fn every_code_that_meta_lists_is_in_the_table() {
    let all = [GRAPH, MESSAGES, GROUPS, TEMPLATES_AND_FLOWS, NUMBERS_AND_ACCOUNTS, CALLS_AND_BLOCKS];
    let missing: Vec<i64> =
        all.into_iter().flatten().cloned().flatten().filter(|code| lookup(*code, None).is_none()).collect();
    assert_eq!(missing, Vec::<i64>::new());
}

#[test]
fn every_subcode_that_says_more_than_its_code_has_a_row() {
    for (code, subcode) in SUBCODES {
        let row = lookup(*code, Some(*subcode)).and_then(|known| known.subcode);
        assert_eq!(row, Some(*subcode), "{code}/{subcode}");
    }
}
