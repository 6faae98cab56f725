//! One small file of each kind, whole enough for whoever looks at its first bytes.

/// A file and what it is.
#[derive(Clone, Copy)]
pub struct Sample {
    pub mime_type: &'static str,
    pub bytes: &'static [u8],
}

/// 64 by 64 pixels of colour.
pub const PICTURE: Sample = Sample { mime_type: "image/png", bytes: include_bytes!("samples/picture.png") };
/// A film without a track.
pub const VIDEO: Sample = Sample { mime_type: "video/mp4", bytes: include_bytes!("samples/video.mp4") };
/// A second of silence, mono.
pub const VOICE: Sample = Sample { mime_type: "audio/ogg; codecs=opus", bytes: include_bytes!("samples/voice.ogg") };
/// Four silent frames.
pub const SONG: Sample = Sample { mime_type: "audio/mpeg", bytes: include_bytes!("samples/song.mp3") };
/// One page with two words.
pub const DOCUMENT: Sample = Sample { mime_type: "application/pdf", bytes: include_bytes!("samples/document.pdf") };
/// One transparent pixel.
pub const STICKER: Sample = Sample { mime_type: "image/webp", bytes: include_bytes!("samples/sticker.webp") };
/// The same twice.
pub const ANIMATED: Sample = Sample { mime_type: "image/webp", bytes: include_bytes!("samples/animated.webp") };
