//! The protocol of `news.head()` and `news.changes()` as a model, over random histories: commits, dumps and copies of
//! the files, their restores, promotions, a clone that others write to as well, and a consumer who reads at any time
//! from any of them. The consumer is warned whenever what it has seen is not the beginning of what is there now. The
//! same histories run against the database, which must answer as the model does.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::desk::Desk;

#[derive(Debug, Clone)]
enum Op {
    /// A transaction that appends rows.
    Commit {
        server: usize,
        rows: usize,
    },
    /// A logical dump is taken, or restored in place. The restore makes tables anew.
    Dump {
        server: usize,
    },
    Restore {
        server: usize,
        backup: usize,
    },
    /// A copy of all files is taken, or put back.
    Copy {
        server: usize,
    },
    PutBack {
        server: usize,
        backup: usize,
    },
    /// A copy of all files is put back and promoted. The timeline is the next one after that of the copy, so two
    /// promotions of one copy have the same.
    Promote {
        server: usize,
        backup: usize,
    },
    /// The consumer reads once.
    Read {
        server: usize,
        at_most: usize,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let server = 0..2_usize;
    prop_oneof![
        5 => (server.clone(), 1..4_usize).prop_map(|(server, rows)| Op::Commit { server, rows }),
        1 => server.clone().prop_map(|server| Op::Dump { server }),
        1 => (server.clone(), 0..8_usize).prop_map(|(server, backup)| Op::Restore { server, backup }),
        1 => server.clone().prop_map(|server| Op::Copy { server }),
        1 => (server.clone(), 0..8_usize).prop_map(|(server, backup)| Op::PutBack { server, backup }),
        1 => (server.clone(), 0..8_usize).prop_map(|(server, backup)| Op::Promote { server, backup }),
        4 => (prop_oneof![4 => Just(0), 1 => Just(1_usize)], prop_oneof![1 => 1..4_usize, 2 => Just(1000)])
            .prop_map(|(server, at_most)| Op::Read { server, at_most }),
    ]
}

/// What the files of a server hold.
#[derive(Debug, Clone, PartialEq)]
struct Files {
    /// The token of the empty log, and of each row.
    tokens: Vec<u64>,
    generation: i32,
    /// The origin that the log was last written in.
    written_in: Option<(u32, u32)>,
    /// The timeline, and the identity of the table.
    origin: (u32, u32),
    next_table: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Token {
    row: u64,
    end: usize,
    end_row: u64,
}

impl Files {
    fn new() -> Self {
        Self { tokens: vec![0], generation: 1, written_in: None, origin: (1, 100), next_table: 101 }
    }

    fn seq(&self) -> usize {
        self.tokens.len() - 1
    }

    fn generation(&self) -> i32 {
        self.generation + i32::from(self.written_in.is_some_and(|origin| origin != self.origin))
    }

    fn commit(&mut self, rows: usize, token: u64) {
        self.generation = self.generation();
        self.written_in = Some(self.origin);
        self.tokens.extend(std::iter::repeat_n(token, rows));
    }

    fn restore(&mut self, dump: &Self) {
        let (timeline, table) = (self.origin.0, self.next_table);
        *self = Self { origin: (timeline, table), next_table: table + 1, ..dump.clone() };
    }

    fn promote(&mut self, copy: &Self) {
        *self = copy.clone();
        self.origin.0 += 1;
    }

    fn token(&self, seq: usize) -> Token {
        Token { row: self.tokens[seq], end: self.seq(), end_row: self.tokens[self.seq()] }
    }

    fn changes(
        &self,
        after: usize,
        token: Token,
        at_most: usize,
    ) -> Result<Vec<Token>, &'static str> {
        if after > self.seq() {
            return Err("WS002");
        }
        if self.tokens[after] != token.row || self.tokens.get(token.end) != Some(&token.end_row) {
            return Err("WS003");
        }
        let last = self.seq().min(after + at_most);
        Ok((after + 1..=last).map(|seq| self.token(seq)).collect())
    }
}

/// A consumer, with what it stores and what it has seen of articles.
#[derive(Debug)]
struct Consumer {
    generation: i32,
    seq: usize,
    token: Token,
    seen: Vec<u64>,
    /// Whether anything happened since it last read everything that may rightly alarm it.
    may_be_warned: bool,
    server: usize,
}

impl Consumer {
    fn of(files: &Files, server: usize) -> Self {
        let (generation, seq) = (files.generation(), files.seq());
        let (token, seen) = (files.token(seq), files.tokens.clone());
        Self { generation, seq, token, seen, may_be_warned: false, server }
    }
}

struct Model {
    servers: [Files; 2],
    dumps: Vec<Files>,
    copies: Vec<Files>,
    consumer: Consumer,
    next_token: u64,
}

/// What a consumer gets when it reads: whether the generation is another, and how many rows or which error.
type Answer = (bool, Result<usize, &'static str>);

impl Model {
    fn new() -> Self {
        let files = Files::new();
        let consumer = Consumer::of(&files, 0);
        Self {
            servers: [files.clone(), files],
            dumps: vec![],
            copies: vec![],
            consumer,
            next_token: 1,
        }
    }

    /// Does one step. The answer is that of a read.
    fn step(&mut self, op: &Op) -> Option<Answer> {
        match *op {
            Op::Commit { server, rows } => {
                self.servers[server].commit(rows, self.next_token);
                self.next_token += 1;
            }
            Op::Dump { server } => self.dumps.push(self.servers[server].clone()),
            Op::Copy { server } => self.copies.push(self.servers[server].clone()),
            Op::Restore { server, backup } => {
                if let Some(dump) = pick(&self.dumps, backup) {
                    self.servers[server].restore(&dump);
                    self.consumer.may_be_warned = true;
                }
            }
            Op::PutBack { server, backup } => {
                if let Some(copy) = pick(&self.copies, backup) {
                    self.servers[server] = copy;
                    self.consumer.may_be_warned = true;
                }
            }
            Op::Promote { server, backup } => {
                if let Some(copy) = pick(&self.copies, backup) {
                    self.servers[server].promote(&copy);
                    self.consumer.may_be_warned = true;
                }
            }
            Op::Read { server, at_most } => return Some(self.read(server, at_most)),
        }
        None
    }

    fn read(&mut self, server: usize, at_most: usize) -> Answer {
        let (files, consumer) = (&self.servers[server], &mut self.consumer);
        consumer.may_be_warned |= consumer.server != server;
        let differs = files.generation() != consumer.generation;
        let answer = files.changes(consumer.seq, consumer.token, at_most);
        let is_warned = differs || answer.is_err();
        assert!(is_warned || files.tokens.starts_with(&consumer.seen), "a rewind goes unnoticed");
        assert!(!is_warned || consumer.may_be_warned, "a false alarm");
        match &answer {
            Ok(rows) if !differs => {
                if let Some(last) = rows.last() {
                    consumer.seq += rows.len();
                    consumer.token = *last;
                    consumer.seen.clone_from(&files.tokens);
                }
            }
            _ => *consumer = Consumer::of(files, server),
        }
        (differs, answer.map(|rows| rows.len()))
    }
}

fn pick(backups: &[Files], number: usize) -> Option<Files> {
    backups.get(number % backups.len().max(1)).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_consumer_is_warned_of_every_rewind_and_of_nothing_else(
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut model = Model::new();
        for op in &ops {
            model.step(op);
        }
    }
}

/// Two databases that stand for two servers. What a server would know of its history is in a table.
struct Real {
    desks: [Desk; 2],
    dumps: Vec<String>,
    copies: Vec<String>,
    consumer: (i32, i64, String),
    articles: u32,
}

const SERVER: &str = "
    CREATE TABLE public.server (timeline integer, relation integer, next_relation integer);
    INSERT INTO public.server VALUES (1, 100, 101);
    CREATE OR REPLACE FUNCTION wiresift.present_origin() RETURNS text LANGUAGE sql STABLE AS
        'SELECT timeline || ''/'' || relation FROM public.server';
    CREATE OR REPLACE FUNCTION wiresift.present_system() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT NULL::bigint'";

/// All of the log and the server as one document, and back.
const SAVE: &str = "SELECT jsonb_build_object(
    'changes', (SELECT coalesce(jsonb_agg(c), '[]') FROM wiresift.changes c),
    'head', (SELECT to_jsonb(h) FROM wiresift.change_head h),
    'server', (SELECT to_jsonb(s) FROM public.server s))::text";
const LOAD: &str = "
    DELETE FROM wiresift.changes; DELETE FROM wiresift.change_head;
    INSERT INTO wiresift.changes SELECT * FROM jsonb_populate_recordset(NULL::wiresift.changes, saved -> 'changes');
    INSERT INTO wiresift.change_head SELECT * FROM jsonb_populate_record(NULL::wiresift.change_head, saved -> 'head');";

impl Real {
    async fn new() -> Self {
        let desks = [Desk::new().await, Desk::new().await];
        for desk in &desks {
            sqlx::raw_sql(SERVER).execute(&desk.pool).await.unwrap();
        }
        let start = head(&desks[0].pool).await;
        Self { desks, dumps: vec![], copies: vec![], consumer: start, articles: 0 }
    }

    async fn step(&mut self, op: &Op) -> Option<(bool, Result<usize, String>)> {
        match *op {
            Op::Commit { server, rows } => self.commit(server, rows).await,
            Op::Dump { server } => self.dumps.push(save(&self.desks[server].pool).await),
            Op::Copy { server } => self.copies.push(save(&self.desks[server].pool).await),
            Op::Restore { server, backup } => {
                let then = "UPDATE public.server SET relation = next_relation, next_relation = next_relation + 1";
                self.load(server, &self.dumps, backup, then).await;
            }
            Op::PutBack { server, backup } => {
                self.load(server, &self.copies, backup, FILES).await;
            }
            Op::Promote { server, backup } => {
                let then = format!("{FILES}; UPDATE public.server SET timeline = timeline + 1");
                self.load(server, &self.copies, backup, &then).await;
            }
            Op::Read { server, at_most } => return Some(self.read(server, at_most).await),
        }
        None
    }

    async fn commit(&mut self, server: usize, rows: usize) {
        let desk = &self.desks[server];
        let numbers: Vec<u32> = (self.articles..).take(rows).collect();
        self.articles += u32::try_from(rows).unwrap();
        let links: Vec<String> = numbers.iter().map(|n| format!("http://s{n}.example/1")).collect();
        let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let batch: Vec<_> = leases
            .iter()
            .zip(numbers)
            .map(|(lease, n)| {
                let words = (0..40).map(|at| format!("w{n}a{at}")).collect::<Vec<_>>().join(" ");
                desk.article(lease, &format!("Title {n}"), &[words + "."])
            })
            .collect();
        desk.file(&batch).await;
    }

    async fn load(&self, server: usize, backups: &[String], backup: usize, then: &str) {
        let Some(saved) = backups.get(backup % backups.len().max(1)) else { return };
        let block = format!(
            "DO $do$ DECLARE saved CONSTANT jsonb := $json${saved}$json$; BEGIN {LOAD} {then}; END $do$"
        );
        let pool = &self.desks[server].pool;
        sqlx::raw_sql(AssertSqlSafe(block)).execute(pool).await.unwrap();
    }

    async fn read(&mut self, server: usize, at_most: usize) -> (bool, Result<usize, String>) {
        let pool = &self.desks[server].pool;
        let (generation, seq, token) = &mut self.consumer;
        let now: i32 =
            sqlx::query_scalar("SELECT news.generation()").fetch_one(pool).await.unwrap();
        let differs = now != *generation;
        let rows: Result<Vec<(i64, String)>, sqlx::Error> =
            sqlx::query_as("SELECT seq, token FROM news.changes($1, $2, $3)")
                .bind(*seq)
                .bind(i32::try_from(at_most).unwrap())
                .bind(&*token)
                .fetch_all(pool)
                .await;
        let rows =
            rows.map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned());
        match &rows {
            Ok(rows) if !differs => {
                if let Some(last) = rows.last() {
                    (*seq, *token) = last.clone();
                }
            }
            _ => self.consumer = head(pool).await,
        }
        (differs, rows.map(|rows| rows.len()))
    }
}

/// What comes back with all files, and not with a dump.
const FILES: &str = "DELETE FROM public.server;
    INSERT INTO public.server SELECT * FROM jsonb_populate_record(NULL::public.server, saved -> 'server')";

async fn head(pool: &PgPool) -> (i32, i64, String) {
    sqlx::query_as("SELECT generation, seq, token FROM news.head()").fetch_one(pool).await.unwrap()
}

async fn save(pool: &PgPool) -> String {
    sqlx::query_scalar(SAVE).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn the_database_answers_as_the_model_does() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let histories = prop::collection::vec(op(), 40..41);
    let (mut errors, mut rows) = (0, 0);
    for _ in 0..8 {
        let ops = histories.new_tree(&mut runner).unwrap().current();
        let (mut model, mut real) = (Model::new(), Real::new().await);
        for (number, op) in ops.iter().enumerate() {
            let expected = model.step(op);
            let answer = real.step(op).await;
            let expected =
                expected.map(|(differs, answer)| (differs, answer.map_err(str::to_owned)));
            assert_eq!(answer, expected, "step {number} of {ops:?}");
            match answer {
                Some((_, Err(_))) => errors += 1,
                Some((_, Ok(got))) => rows += got,
                None => {}
            }
        }
    }
    assert!(errors > 5 && rows > 50, "the histories show something: {errors} {rows}");
}
