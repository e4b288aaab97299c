use super::*;

/// Every text of a language, in the order of the fields: whoever adds a field has it tested.
fn every_text(texts: &Texts) -> Vec<(String, String)> {
    let all_of = |name: &str, shown: String| {
        let mut found = Vec::new();
        let mut rest = shown.as_str();
        while let Some((before, after)) = rest.split_once('"') {
            let (text, behind) = after.split_once('"').expect("no text holds a straight quotation mark");
            let field = before.trim_end_matches([':', ' ', '[']).rsplit([' ', ',', '{']).next().unwrap_or_default();
            found.push((format!("{name}{field}"), text.to_owned()));
            rest = behind;
        }
        found
    };
    let mut all = all_of("", format!("{texts:?}"));
    for phase in Phase::ALL {
        all.extend(all_of(&format!("{phase:?} "), format!("{:?}", (texts.phase)(phase))));
    }
    for kind in Kind::ALL {
        all.extend(all_of(&format!("{kind:?} "), format!("{:?}", (texts.problem)(kind))));
    }
    all
}

/// Names that are the same in every language.
const NAMES: [&str; 8] = ["AWS VPN Client", "OpenVPN Connect", "VPN", "iPad", "iPhone", "Android", "Windows", "Mac"];

fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<_> =
        text.split('{').skip(1).map(|part| part.split_once('}').expect("a closed place").0).collect();
    places.sort_unstable();
    places
}

#[test]
fn every_language_says_everything_with_the_same_places() {
    let english = every_text(english());
    assert!(english.len() > 140, "{}", english.len());
    for texts in all() {
        let translated = every_text(texts);
        assert_eq!(translated.len(), english.len(), "{}", texts.language);
        for ((field, text), (english_field, english_text)) in translated.iter().zip(&english) {
            assert_eq!(field, english_field);
            assert!(!text.trim().is_empty() && text.trim() == text, "{} {field}", texts.language);
            assert_eq!(places(text), places(english_text), "{} {field}: {text}", texts.language);
        }
    }
}

#[test]
fn nothing_is_left_in_another_language() {
    let is_kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c) && c != '・';
    let is_hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for texts in all() {
        for (field, text) in every_text(texts) {
            let mut left = text.clone();
            for name in
                NAMES.iter().map(|name| (*name).to_owned()).chain(places(&text).iter().map(|p| format!("{{{p}}}")))
            {
                left = left.replace(&name, "");
            }
            if field == "language" || left.is_empty() {
                continue;
            }
            let said = format!("{} {field}: {text}", texts.language);
            let has = |kind: &dyn Fn(char) -> bool| left.chars().any(kind);
            let latin = |c: char| c.is_ascii_alphabetic();
            match texts.language {
                "en" => assert!(has(&latin) && left.chars().all(|c| c < '\u{2100}'), "{said}"),
                "zh-CN" => assert!(has(&is_han) && !has(&is_kana) && !has(&is_hangul) && !has(&latin), "{said}"),
                "ko" => assert!(has(&is_hangul) && !has(&is_kana) && !has(&is_han) && !has(&latin), "{said}"),
                "ja" => assert!((has(&is_kana) || has(&is_han)) && !has(&is_hangul) && !has(&latin), "{said}"),
                other => panic!("what is {other} written in?"),
            }
        }
    }
}

#[test]
fn sentences_are_sentences() {
    for texts in all() {
        let stop = if matches!(texts.language, "en" | "ko") { '.' } else { '。' };
        let sayings = Phase::ALL.map(texts.phase).into_iter().chain(Kind::ALL.map(texts.problem));
        for Saying { short, headline, next } in sayings.chain([texts.ended, texts.signed_out, texts.profile.which]) {
            assert!(next.ends_with(stop), "{}: {next}", texts.language);
            // Chinese and Japanese headlines end without one.
            assert_eq!(headline.ends_with(stop), stop == '.', "{}: {headline}", texts.language);
            assert!(!short.ends_with(stop), "{}: {short} is for a title", texts.language);
        }
    }
}

#[test]
fn no_words_of_machines() {
    for word in [
        "subnet",
        "endpoint",
        "associat",
        "zone",
        "request id",
        "timeout",
        "error",
        "EC2",
        "CIDR",
        "API",
        "JSON",
        "子网",
        "终端节点",
        "可用区",
        "超时",
        "错误",
        "서브넷",
        "엔드포인트",
        "가용",
        "오류",
        "サブネット",
        "エンドポイント",
        "アベイラビリティ",
        "エラー",
    ] {
        for texts in all() {
            for (field, text) in every_text(texts) {
                assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{} {field}: {text}", texts.language);
            }
        }
    }
    // Employees know AWS only by its app.
    for texts in all() {
        for (field, text) in every_text(texts) {
            assert!(!text.replace("AWS VPN Client", "").contains("AWS"), "{} {field}: {text}", texts.language);
        }
    }
}

#[test]
fn times_are_said_in_minutes() {
    for (seconds, said) in [
        (-5, ["less than a minute", "不到 1 分钟", "1분 미만", "1分未満"]),
        (59, ["less than a minute", "不到 1 分钟", "1분 미만", "1分未満"]),
        (60, ["1 min", "1 分钟", "1분", "1分"]),
        (119, ["1 min", "1 分钟", "1분", "1分"]),
        (1854, ["30 min", "30 分钟", "30분", "30分"]),
        (3599, ["59 min", "59 分钟", "59분", "59分"]),
        (3600, ["1 h", "1 小时", "1시간", "1時間"]),
        // As an administrator may keep it on.
        (14 * 86_400 - 1, ["335 h 59 min", "335 小时 59 分钟", "335시간 59분", "335時間59分"]),
        (7260, ["2 h 1 min", "2 小时 1 分钟", "2시간 1분", "2時間1分"]),
    ] {
        assert_eq!(all().map(|texts| texts.time(SignedDuration::from_secs(seconds))), said, "{seconds}");
    }
}

#[test]
fn numbers_have_commas_at_the_thousands() {
    assert_eq!([0, 9, 999, 1000, 12_345_678].map(number), ["0", "9", "999", "1,000", "12,345,678"]);
}

#[test]
fn the_browser_s_languages_choose() {
    for (accept, language) in [
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("de-DE,de;q=0.9,ko-KR;q=0.8,en;q=0.7", "ko"),
        ("en;q=0.5, ko;q=0.6", "ko"),
        ("zh-CN,zh;q=0.9", "zh-CN"),
        ("zh-Hant-TW,en;q=0.8", "zh-CN"),
        ("ZH", "zh-CN"),
        ("ko;q=0,ja;q=0.1", "ja"),
        ("ja;q=0", "en"),
        ("ja;q=x,ko;q=0.1", "ko"),
        (" ko ; q=0.4 , ja ; q=0.3", "ko"),
        ("jaa,kok,zhx", "en"),
        (",;,;q=1,-", "en"),
    ] {
        assert_eq!(preferred(accept).language, language, "{accept}");
    }
    assert_eq!(named("ja").map(|texts| texts.own_name), Some("日本語"));
    for unknown in ["", "JA", "zh", "fr", "ja; Path=/"] {
        assert!(named(unknown).is_none(), "{unknown}");
    }
}
