//! Reading and writing queries.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy},
    prop_assert_eq, prop_oneof, proptest, sample,
};

use super::*;
use crate::limits::{QUERY_BYTES, QUERY_DEPTH};

fn read(text: &str) -> Query {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn canonical(text: &str) -> String {
    let query = read(text);
    let written = query.to_string();
    assert_eq!(read(&written), query, "{text} is written as {written}");
    written
}

fn wrong(text: &str) -> (usize, String) {
    let error = text.parse::<Query>().expect_err(text);
    assert!(text.get(error.span.start..error.span.end).is_some(), "{text}: {error:?}");
    (error.character, error.mistake.to_string())
}

#[test]
fn everything_of_the_design_can_be_read() {
    let text = r#"status:failed,pending name:Order* created:>-24h updated:<2026-11-01 duration:>5m wait:event
        wait:Approval error:"timeout" input.orderId="A-17" output.x>3 custom.stage=paid id:order- parent:ID is:root
        is:stuck tag:eu tag.k=v version:1.0"#;
    assert_eq!(
        canonical(text),
        "status:Failed,Pending name:Order* created:>-1d updated:<2026-11-01T00:00:00Z duration:>5m \
         wait:event wait:Approval error=*timeout* input.orderId=A-17 output.x>3 custom.stage=paid \
         id=order-* parent:ID is:root is:stuck tag:eu tag.k=v version:1.0"
    );
}

#[test]
fn conditions_are_joined_and_negated() {
    for (text, written) in [
        ("", ""),
        ("  ", ""),
        ("a", "a*"),
        ("order-17", "\"order-17\"*"),
        ("name:a or name:b name:c", "name:a or name:b name:c"),
        ("(name:a or name:b) AND name:c", "(name:a or name:b) name:c"),
        ("name:a and (name:b name:c)", "name:a name:b name:c"),
        ("not name:a", "-name:a"),
        ("- not - name:a", "-name:a"),
        ("--name:a", "name:a"),
        ("not(name:a or name:b)", "-(name:a or name:b)"),
        ("-(name:a name:b) or id=x", "-(name:a name:b) or id=x"),
        ("name!=a", "-name:a"),
        ("name:!=a,b", "-name:a,b"),
        ("((name:a))", "name:a"),
        ("(name:a)(name:b)", "name:a name:b"),
        ("ordinary", "ordinary*"),
        ("or*", "or*"),
        ("\"or\"", "or*"),
        ("not*", "not*"),
        ("-\"-x\"", "-\"-x\"*"),
    ] {
        assert_eq!(canonical(text), written, "{text}");
    }
}

#[test]
fn values_keep_their_meaning() {
    for (text, written) in [
        ("name:\"a b\"*", "name:\"a b\"*"),
        (r#"name:"a\"b\\c""#, r#"name:"a\"b\\c""#),
        ("name:\"*\"", "name:\"*\""),
        ("name:a**b", "name:a*b"),
        ("version:\"\"", "version:\"\""),
        ("id:a*z", "id=a*z"),
        ("id=a", "id=a"),
        ("error=a", "error=a"),
        ("wait:\"event\",Event,Ship*", "wait:\"event\",event,Ship*"),
        ("tag.a.b=c", "tag.\"a.b\"=c"),
        ("tag.\"x y\"=c", "tag.\"x y\"=c"),
        ("input:paid", "input:paid"),
        ("input:*", "input:*"),
        ("input=\"17\"", "input=\"17\""),
        (
            "input.a.\"b c\"[3].d=17,true,null,*,\"true\",a*",
            "input.a.\"b c\"[3].d=17,true,null,*,\"true\",a*",
        ),
        ("input.a=\"\"*", "input.a=\"\"*"),
        ("input.a:x", "input.a=x"),
        ("input.a!=x", "-input.a=x"),
        ("input.due>=2026-11-01", "input.due>=\"2026-11-01\""),
        ("input.n<-2.5e3", "input.n<-2.5e3"),
        ("input.n<\"5\"", "input.n<\"5\""),
        ("input.n=017", "input.n=017"),
        ("created:2026-11-23", "created:>=2026-11-23T00:00:00Z created:<2026-11-24T00:00:00Z"),
        ("-created:2026-11-23", "-(created:>=2026-11-23T00:00:00Z created:<2026-11-24T00:00:00Z)"),
        ("created>2026-11-23T10:00", "created:>2026-11-23T10:00:00Z"),
        ("created:<=2026-11-23T10:00:00.5+02:00", "created:<=2026-11-23T08:00:00.500Z"),
        ("completed:<now", "completed:<now"),
        ("updated:>-1h30m", "updated:>-90m"),
        ("created:<+2w", "created:<+2w"),
        ("duration:<=1500ms", "duration:<=1500ms"),
        ("status:failed,FAILED", "status:Failed"),
        ("STATUS:failed Is:Root", "status:Failed is:root"),
    ] {
        assert_eq!(canonical(text), written, "{text}");
    }
}

#[test]
fn errors_point_at_the_character_and_say_what_to_do() {
    for (text, character, part) in [
        ("name:é stat:x", 8, "Unknown field 'stat'. Did you mean status?"),
        ("colour:red", 1, "Unknown field 'colour'. Use one of status, name"),
        ("status:faild", 8, "Did you mean Failed?"),
        ("status:f*", 8, "Unknown status"),
        ("is:happy", 4, "Use one of root"),
        ("status>failed", 7, "cannot be compared"),
        ("name:", 6, "A value is missing here"),
        ("name:a,", 8, "A value is missing here"),
        ("name:a ,b", 8, "comma"),
        ("name", 5, ""),
        ("name.x:a", 1, "has no parts"),
        ("name:\"a", 6, "no end"),
        ("(name:a", 1, "not closed"),
        ("name:a)", 7, "No parenthesis is open"),
        ("()", 2, "A condition is missing"),
        ("or name:a", 1, "A condition is missing"),
        ("name:a or", 10, "A condition is missing"),
        ("name:a or or name:b", 11, "A condition is missing"),
        ("not", 4, "A condition is missing"),
        ("-", 2, "A condition is missing"),
        ("created:yesterday", 8, "Say on which side"),
        ("created:>yesterday", 10, "is no time"),
        ("created:>1,2", 10, "One value"),
        ("created!=2026-11-23", 8, "compared by >"),
        ("duration:5m", 9, "compared by >"),
        ("duration:>-5m", 11, "no length of time"),
        ("input.:a", 7, "A key is missing"),
        ("input.a[x]=1", 9, "whole number"),
        ("input.a", 8, "An operator is missing"),
        ("input.a>b*", 9, "One value"),
        ("tag[0]=a", 1, "has no parts"),
    ] {
        if text == "name" {
            // A bare word, though it is spelled like a field.
            assert_eq!(canonical(text), "name*");
            continue;
        }
        let (at, message) = wrong(text);
        assert!(message.contains(part), "{text}: {message}");
        assert_eq!(at, character, "{text}: {message}");
        assert!(message.ends_with(['.', '?']), "{text}: {message}");
    }
}

#[test]
fn what_is_too_much_is_refused() {
    assert!(wrong(&"a ".repeat(QUERY_BYTES)).1.contains("Shorten"));
    assert!(wrong(&"é".repeat(QUERY_BYTES)).1.contains("Shorten"));
    assert!(wrong(&"a ".repeat(201)).1.contains("at most 200"));
    assert!(wrong(&format!("name:{}", ["x"; 201].join(","))).1.contains("at most 200"));
    assert!(wrong(&format!("name:x{}", "*x".repeat(300))).1.contains("at most 200"));
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(canonical(&nested(QUERY_DEPTH)), "a*");
    let (at, message) = wrong(&nested(QUERY_DEPTH + 1));
    assert_eq!(at, QUERY_DEPTH + 1);
    assert!(message.contains("32 deep"), "{message}");
    assert_eq!(canonical(&format!("{}a", "-".repeat(4001))), "-a*");
    assert!(wrong(&"(".repeat(8000)).1.contains("deep"));
}

#[test]
fn times_are_seen_from_now() {
    let now: DateTime<Utc> = "2026-11-23T14:02:11Z".parse().unwrap();
    assert_eq!(When::FromNow(-1500).at(now), now - TimeDelta::milliseconds(1500));
    assert_eq!(When::At(now).at(DateTime::UNIX_EPOCH), now);
    assert_eq!(When::FromNow(i64::MAX).at(now), DateTime::<Utc>::MAX_UTC);
    assert_eq!(When::FromNow(i64::MIN).at(now), DateTime::<Utc>::MIN_UTC);
}

fn pattern() -> impl Strategy<Value = Pattern> {
    vec("[a-z \"\\\\*,()é:=<-]{0,4}|.{0,3}|event|true|17", 1..4).prop_map(Pattern::of)
}

fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    vec(pattern(), 1..3)
}

fn wild() -> impl Strategy<Value = Pattern> {
    vec("[a-z.:-]{0,4}|.{0,3}|or|not", 2..4).prop_map(Pattern::of)
}

fn order() -> impl Strategy<Value = Order> {
    sample::select(vec![Order::Less, Order::AtMost, Order::AtLeast, Order::Greater])
}

fn number() -> impl Strategy<Value = Number> {
    "-?[1-9][0-9]{0,20}(\\.[0-9]{1,3})?(e-?[0-9])?".prop_map(|text| Number::read(&text).unwrap())
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        sample::select(vec![
            Literal::Present,
            Literal::Null,
            Literal::Bool(true),
            Literal::Bool(false)
        ]),
        number().prop_map(Literal::Number),
        pattern().prop_map(Literal::Text),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let payload =
        || sample::select(vec![PayloadField::Input, PayloadField::Output, PayloadField::Custom]);
    let step =
        prop_oneof![".{0,4}".prop_map(Step::Key), proptest::num::u32::ANY.prop_map(Step::Index)];
    let when = prop_oneof![
        (-10_i64.pow(13)..10_i64.pow(13)).prop_map(When::FromNow),
        (-10_i64.pow(15)..10_i64.pow(16))
            .prop_map(|micros| When::At(DateTime::from_timestamp_micros(micros).unwrap())),
    ];
    let time = sample::select(vec![TimeField::Created, TimeField::Updated, TimeField::Completed]);
    let wait = prop_oneof![
        sample::select(WaitKind::ALL.to_vec()).prop_map(Wait::Kind),
        pattern().prop_map(Wait::Name)
    ];
    let test = prop_oneof![
        vec(literal(), 1..3).prop_map(JsonTest::Equals),
        (order(), number()).prop_map(|(order, number)| JsonTest::Number(order, number)),
        (order(), ".{0,4}|17").prop_map(|(order, text)| JsonTest::Text(order, text)),
    ];
    prop_oneof![
        sample::subsequence(RuntimeStatus::ALL.to_vec(), 1..4).prop_map(Condition::Status),
        sample::subsequence(Is::ALL.to_vec(), 1..3).prop_map(Condition::Is),
        patterns().prop_map(Condition::Name),
        patterns().prop_map(Condition::Id),
        patterns().prop_map(Condition::Parent),
        patterns().prop_map(Condition::Version),
        patterns().prop_map(Condition::Error),
        wild().prop_map(Condition::Word),
        (option::of(".{0,6}"), patterns()).prop_map(|(key, values)| Condition::Tag { key, values }),
        vec(wait, 1..3).prop_map(Condition::Wait),
        (time, order(), when).prop_map(|(field, order, when)| Condition::Time {
            field,
            order,
            when
        }),
        (order(), 0..i64::MAX).prop_map(|(order, millis)| Condition::Duration { order, millis }),
        (payload(), vec(wild(), 1..3))
            .prop_map(|(payload, values)| Condition::Text { payload, values }),
        (payload(), vec(step, 0..3), test).prop_map(|(payload, path, test)| Condition::Json {
            payload,
            path,
            test
        }),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let term =
        condition().prop_map(|condition| Expr::Term(Term { condition, span: Span::default() }));
    term.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|parts| Expr::all(parts).unwrap()),
            vec(inner.clone(), 1..4).prop_map(|parts| Expr::any(parts).unwrap()),
            inner.prop_map(Expr::negated),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(expr in prop_oneof![Just(None).boxed(), expr().prop_map(Some).boxed()]) {
        let query = Query { expr };
        let written = query.to_string();
        let read = written.parse::<Query>().map_err(|error| format!("{written}: {error}"));
        prop_assert_eq!(read, Ok(query), "{}", written);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([a-z]{0,6}[:=.><!]{0,2}[-\"()*,é \\[\\]0-9a-z]{0,6}|status:|input.|not |or |\\(|\\)){0,12}|.{0,40}") {
        match text.parse::<Query>() {
            Ok(query) => prop_assert_eq!(query.to_string().parse::<Query>().unwrap(), query),
            Err(error) => assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?}"),
        }
    }
}

#[test]
fn relative_times_can_be_fixed() {
    let now = "2026-11-23T14:02:11Z".parse().unwrap();
    let query: Query = "(name:a or -completed:<-1d) created:>2026-11-01T00:00:00Z".parse().unwrap();
    let fixed = query.fixed_at(now);
    let expected = "(name:a or -completed:<2026-11-22T14:02:11Z) created:>2026-11-01T00:00:00Z";
    assert_eq!(fixed, expected.parse().unwrap());
}
