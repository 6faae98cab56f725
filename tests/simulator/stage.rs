//! The media stage against the simulator and a folder: what is stored, what is told, and what waits.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::future::BoxFuture;
use omnichannel_whatsapp::{
    adapters::{
        clock::SystemClock,
        objects::{self, ObjectsClient},
    },
    domain::object_key,
    runtime::{
        Context, Emit, Fault, FaultKind, Headers, Origin, Put, Record, Scope, Stage,
        controls::Controls,
        stage::{IntentLost, TableView, WorkerPort},
    },
    simulator::{self, Inbound, fault::Call},
    stages::{
        media::{MEDIA_HOST, Media, OBJECTS, Settings},
        ports::{Accepted, Download, Graph, GraphFailure, MediaInfo, Objects, ObjectsFailure},
    },
    wire::{
        codec::Codec,
        graph::fault::GRAPH,
        records::{MediaPrepared, MediaRequest, MediaStored},
        registry::LocalIds,
        topics::{MEDIA_PREPARED, MEDIA_REQUESTS, MEDIA_STORED, Names},
    },
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::harness::{NUMBER, World, client};

const BYTES: &[u8] = b"not really a picture";

struct Bench {
    world: World,
    folder: TempDir,
    codec: Codec,
    stage: Media,
}

/// A store that is away.
struct Away;

impl Objects for Away {
    fn put(&self, _: &str, _: Bytes, _: &str) -> BoxFuture<'_, Result<String, ObjectsFailure>> {
        Box::pin(async { Err(ObjectsFailure::Unavailable("connection refused".to_owned())) })
    }
    fn url_of(&self, key: &str) -> String {
        key.to_owned()
    }
}

/// An API whose files lie on a host that nobody allowed.
struct Elsewhere;

impl Graph for Elsewhere {
    fn send(&self, _: &str, _: String) -> BoxFuture<'_, Result<Accepted, GraphFailure>> {
        Box::pin(async { Err(GraphFailure::NoToken) })
    }
    fn media_info(&self, _: &str, _: &str) -> BoxFuture<'_, Result<MediaInfo, GraphFailure>> {
        let url = "https://files.example/1".to_owned();
        Box::pin(async { Ok(MediaInfo { url, mime_type: "image/png".to_owned(), sha256: None, size: None }) })
    }
    fn download(&self, number: &str, url: &str, limit: u64) -> BoxFuture<'_, Result<Download, GraphFailure>> {
        let (number, url) = (number.to_owned(), url.to_owned());
        let real = client("http://127.0.0.1:9", Duration::from_secs(5));
        Box::pin(async move { real.download(&number, &url, limit).await })
    }
}

/// Notes what was served.
#[derive(Default)]
struct Notes(Mutex<Vec<Scope>>, Controls);

impl WorkerPort for Notes {
    fn commit_intent(&self, _: Put) -> BoxFuture<'static, Result<(), IntentLost>> {
        Box::pin(async { Ok(()) })
    }
    fn served(&self, scope: Scope) {
        self.0.lock().unwrap().push(scope);
    }
    fn outstanding_before(&self) -> usize {
        0
    }
    fn partitions(&self) -> i32 {
        1
    }

    fn closed(&self, _: &Scope) -> bool {
        false
    }

    fn controls(&self) -> &Controls {
        &self.1
    }
}

struct NoTables;

impl TableView for NoTables {
    fn get(&self, _: &str, _: &str) -> Option<Bytes> {
        None
    }
}

impl Bench {
    async fn new(largest: u64) -> Self {
        let world = World::quick().await;
        let folder = tempfile::tempdir().unwrap();
        let codec = Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(SystemClock));
        let stage = Media::new(
            codec.clone(),
            Arc::new(world.client()),
            Arc::new(ObjectsClient::new(&objects::Settings::new(url(&folder))).unwrap()),
            &Settings { largest, parallel: NonZeroUsize::MIN },
        );
        Self { world, folder, codec, stage }
    }

    /// An image somebody sends, and the request for it.
    fn image(&self) -> MediaRequest {
        let inbound = Inbound {
            kind: Some("image".into()),
            from: "15550000999".into(),
            data: Some(STANDARD.encode(BYTES)),
            ..Inbound::default()
        };
        let written = self.world.simulator.inbound(&inbound).unwrap();
        MediaRequest {
            request_id: "r1".into(),
            direction: "inbound".into(),
            message_id: Some(written.message_id),
            lane: Some(format!("{NUMBER}:15550000999")),
            account: "main".into(),
            phone_number_id: NUMBER.into(),
            media_id: written.media_id,
            sha256: Some(hex::encode(Sha256::digest(BYTES))),
            expires_at: i64::MAX,
            ..MediaRequest::default()
        }
    }

    async fn record(&self, request: &MediaRequest) -> Record {
        Record {
            origin: Origin { topic: MEDIA_REQUESTS.into(), partition: 0, offset: 7 },
            key: request.lane.clone().map(Bytes::from),
            value: Some(self.codec.encode(MEDIA_REQUESTS, request).await.unwrap()),
            headers: Headers::new().with("traceparent", "00-aa-bb-01"),
            timestamp_ms: 0,
        }
    }

    async fn run(&self, stage: &Media, request: &MediaRequest) -> Result<Emit, Fault> {
        let record = self.record(request).await;
        let cx = Context::for_test(&record, Arc::new(SystemClock), HashMap::new());
        stage.handle(stage.decode(&record).await?, &cx).await
    }

    /// With what it says was served.
    async fn watched(&self, request: &MediaRequest) -> (Result<Emit, Fault>, Vec<Scope>) {
        let (record, notes) = (self.record(request).await, Arc::new(Notes::default()));
        let clock = Arc::new(SystemClock);
        let cx = Context::new(Arc::new(record.clone()), 0, 0, clock, Arc::new(NoTables), notes.clone());
        let result = self.stage.handle(self.stage.decode(&record).await.unwrap(), &cx).await;
        let served = notes.0.lock().unwrap().clone();
        (result, served)
    }

    async fn failed(&self, request: &MediaRequest) -> (Fault, Vec<Scope>) {
        let (result, served) = self.watched(request).await;
        (result.unwrap_err(), served)
    }

    async fn stored(&self, request: &MediaRequest) -> MediaStored {
        let emit = self.run(&self.stage, request).await.unwrap();
        self.only_stored(&emit).await
    }

    async fn only_stored(&self, emit: &Emit) -> MediaStored {
        assert_eq!((emit.records.len(), emit.rejects.len()), (1, 0));
        let record = &emit.records[0];
        assert_eq!(&*record.topic, MEDIA_STORED);
        let stored: MediaStored = self.codec.decode(record.value.as_ref().unwrap()).await.unwrap();
        assert_eq!(record.key.as_deref(), Some(stored.conversation_key.as_bytes()));
        assert_eq!(record.headers.get_str("ce_id"), Some(stored.event_id.as_str()));
        assert_eq!(record.headers.get_str("traceparent"), Some("00-aa-bb-01"));
        stored
    }

    fn file(&self, request: &MediaRequest) -> std::path::PathBuf {
        let key = object_key::media(request.message_id.as_ref().unwrap(), request.media_id.as_ref().unwrap());
        self.folder.path().join(key)
    }

    async fn failed_code(&self, request: &MediaRequest) -> String {
        let told = self.stored(request).await;
        assert_eq!((told.outcome.as_str(), told.object_url), ("failed", None));
        assert!(!self.file(request).exists());
        told.error.unwrap().code
    }
}

fn url(folder: &TempDir) -> String {
    url::Url::from_directory_path(folder.path()).unwrap().to_string()
}

fn fail(world: &World, on: Call, fault: simulator::Fault) {
    world.simulator.fail(simulator::Fault { on, ..fault });
}

#[tokio::test]
async fn an_image_is_stored_under_its_key_and_announced() {
    let bench = Bench::new(1_000).await;
    let request = bench.image();
    let told = bench.stored(&request).await;
    assert_eq!(std::fs::read(bench.file(&request)).unwrap(), BYTES);
    assert_eq!(told.object_url.unwrap(), url::Url::from_file_path(bench.file(&request)).unwrap().as_str());
    assert_eq!((told.outcome.as_str(), told.size, told.error), ("stored", Some(20), None));
    assert_eq!(told.mime_type.as_deref(), Some("image/png"));
    assert_eq!(told.sha256, request.sha256);
}

#[tokio::test]
async fn the_digest_may_be_base64_as_in_webhooks() {
    let bench = Bench::new(1_000).await;
    let request = MediaRequest { sha256: Some(STANDARD.encode(Sha256::digest(BYTES))), ..bench.image() };
    assert_eq!(bench.stored(&request).await.outcome, "stored");
}

#[tokio::test]
async fn a_file_that_is_not_the_announced_one_is_not_stored() {
    let bench = Bench::new(1_000).await;
    let request = MediaRequest { sha256: Some(hex::encode(Sha256::digest(b"another"))), ..bench.image() };
    assert_eq!(bench.failed_code(&request).await, "media_mismatch");
}

#[tokio::test]
async fn a_file_that_is_gone_expired_or_too_large_is_told_as_failed() {
    let bench = Bench::new(19).await;
    assert_eq!(bench.failed_code(&bench.image()).await, "media_too_large");
    assert_eq!(bench.failed_code(&MediaRequest { expires_at: 1, ..bench.image() }).await, "media_gone");
    let unknown = MediaRequest { media_id: Some("42".into()), ..bench.image() };
    assert_eq!(bench.failed_code(&unknown).await, "media_gone");
}

#[tokio::test]
async fn a_stale_address_is_resolved_once_more() {
    let bench = Bench::new(1_000).await;
    let request = bench.image();
    fail(&bench.world, Call::Download, simulator::Fault { http: Some(404), ..Default::default() });
    assert_eq!(bench.stored(&request).await.outcome, "stored");
}

#[tokio::test]
async fn a_host_that_keeps_refusing_is_tried_again_later() {
    let bench = Bench::new(1_000).await;
    let request = bench.image();
    for (http, code) in
        [(404, "media_not_found"), (410, "media_not_found"), (401, "media_refused"), (403, "media_refused")]
    {
        fail(&bench.world, Call::Download, simulator::Fault { http: Some(http), count: Some(2), ..Default::default() });
        let (fault, served) = bench.failed(&request).await;
        assert_eq!((fault.kind, &*fault.code, fault.scope), (FaultKind::Transient, code, Some(MEDIA_HOST)));
        assert_eq!(served, [answered(), answered()].concat(), "{http}");
    }
    assert_eq!(bench.stored(&request).await.outcome, "stored");
}

#[tokio::test]
async fn an_outage_of_the_hosts_is_not_hidden_by_an_api_that_answers() {
    let bench = Bench::new(1_000).await;
    let request = bench.image();
    let cases = [
        (simulator::Fault { http: Some(503), ..Default::default() }, "media_host_no_answer"),
        (simulator::Fault { http: Some(429), ..Default::default() }, "media_host_no_answer"),
        (simulator::Fault { drop_answer: true, ..Default::default() }, "media_host_no_answer"),
    ];
    for (fault, code) in cases {
        fail(&bench.world, Call::Download, fault);
        let (fault, served) = bench.failed(&request).await;
        assert_eq!((fault.kind, &*fault.code, fault.scope), (FaultKind::Transient, code, Some(MEDIA_HOST)));
        assert_eq!(served, answered());
    }
    let (stored, served) = bench.watched(&request).await;
    assert_eq!((stored.is_ok(), served), (true, [answered(), vec![MEDIA_HOST, OBJECTS]].concat()));
    let gone = MediaRequest { media_id: Some("42".into()), ..bench.image() };
    let (told, served) = bench.watched(&gone).await;
    assert_eq!((told.is_ok(), served), (true, answered()));
}

/// What an answer of the API proves to work.
fn answered() -> Vec<Scope> {
    vec![GRAPH, Scope::Account("main".into())]
}

/// The API names an address on a host that is not allowed; of the real one it is the allow-list that is out of date.
#[tokio::test]
async fn an_address_that_may_not_be_asked_is_a_dead_letter_and_told() {
    let bench = Bench::new(1_000).await;
    let stage = Media::new(bench.codec.clone(), Arc::new(Elsewhere), Arc::new(Away), &Settings::default());
    let request = bench.image();
    let fault = bench.run(&stage, &request).await.unwrap_err();
    assert_eq!((fault.kind, &*fault.code), (FaultKind::Poison, "media_address_refused"));
    assert_eq!(fault.detail(), "the host of the file is not in the allow-list: files.example");
    let record = bench.record(&request).await;
    let cx = Context::for_test(&record, Arc::new(SystemClock), HashMap::new());
    let error = bench.only_stored(&stage.ending(&record, &fault, &cx).await.unwrap()).await.error.unwrap();
    assert_eq!((error.code.as_str(), error.details.as_deref()), ("gave_up", Some("media_address_refused")));
}

#[tokio::test]
async fn trouble_of_meta_waits_by_its_kind() {
    let bench = Bench::new(1_000).await;
    let request = bench.image();
    let account = Some(Scope::Account("main".into()));
    let cases = [
        (Call::Media, simulator::Fault { code: Some(131_000), ..Default::default() }, "transient", "graph_131000"),
        (Call::Media, simulator::Fault { drop_answer: true, ..Default::default() }, "transient", "graph_no_answer"),
        (Call::Media, simulator::Fault { code: Some(190), ..Default::default() }, "unavailable", "graph_190"),
        (Call::Media, simulator::Fault { code: Some(4), ..Default::default() }, "throttled", "graph_4"),
    ];
    for (on, fault, kind, code) in cases {
        fail(&bench.world, on, fault);
        let fault = bench.run(&bench.stage, &request).await.unwrap_err();
        assert_eq!((fault.kind.name(), &*fault.code), (kind, code));
        // only a call without an answer says nothing of the account
        assert_eq!(fault.scope == account, code != "graph_no_answer");
    }
    assert_eq!(bench.stored(&request).await.outcome, "stored");
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let bench = Bench::new(1_000).await;
    let stage = Media::new(bench.codec.clone(), Arc::new(bench.world.client()), Arc::new(Away), &Settings::default());
    let fault = bench.run(&stage, &bench.image()).await.unwrap_err();
    assert_eq!((fault.kind, fault.scope), (FaultKind::Unavailable, Some(OBJECTS)));
}

#[tokio::test]
async fn a_request_that_ends_as_a_dead_letter_is_still_told() {
    let bench = Bench::new(1_000).await;
    let record = bench.record(&bench.image()).await;
    let cx = Context::for_test(&record, Arc::new(SystemClock), HashMap::new());
    let emit = bench.stage.ending(&record, &Fault::transient("graph_no_answer"), &cx).await.unwrap();
    let error = bench.only_stored(&emit).await.error.unwrap();
    assert_eq!((error.code.as_str(), error.details.as_deref()), ("gave_up", Some("graph_no_answer")));
    let poison = Record { value: Some(Bytes::from_static(b"not avro")), ..record };
    assert!(bench.stage.decode(&poison).await.is_err());
    assert!(bench.stage.ending(&poison, &Fault::poison("not_avro"), &cx).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outbound_request_is_refused_visibly() {
    let bench = Bench::new(1_000).await;
    let request = MediaRequest {
        direction: "outbound".into(),
        command_id: Some("c1".into()),
        lane: Some("7:1".into()),
        ..MediaRequest::default()
    };
    let emit = bench.run(&bench.stage, &request).await.unwrap();
    assert_eq!(emit.rejects[0].code, "outbound_media");
    assert_eq!(&*emit.records[0].topic, MEDIA_PREPARED);
    let told: MediaPrepared = bench.codec.decode(emit.records[0].value.as_ref().unwrap()).await.unwrap();
    assert_eq!((told.command_id.as_str(), told.outcome.as_str()), ("c1", "failed"));
    assert_eq!(told.error.unwrap().code, "not_supported");
}

#[tokio::test]
async fn a_request_that_names_no_file_is_rejected() {
    let bench = Bench::new(1_000).await;
    let code = async |request: MediaRequest| bench.run(&bench.stage, &request).await.unwrap().rejects[0].code;
    assert_eq!(code(MediaRequest { media_id: None, ..bench.image() }).await, "incomplete_request");
    assert_eq!(code(MediaRequest { direction: "sideways".into(), ..bench.image() }).await, "unknown_direction");
}
