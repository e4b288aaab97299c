//! Where a line of Japanese may end: between phrases, not inside words. Browsers know no words of it (`WebKit`), or only some
//! of them (Chromium), so the style keeps the guide's words together (`word-break: keep-all`) and `<wbr>` says where it may break.

/// Words in which a kanji follows hiragana.
const TOGETHER: [&str; 5] = ["い合", "う一", "け付", "け取", "き直"];
/// What may not begin a line, and needs no help where it stands.
const CLOSING: &str = "、。」）！？：…ー～& ";

/// A part of a page with places to break in its texts. Not for what keeps room for other words: those may take more lines then.
#[must_use]
pub fn broken(html: &str) -> String {
    let mut broken = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        phrased(text, &mut broken);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        broken.push_str(&tag[..end]);
        rest = &tag[end..];
    }
    phrased(rest, &mut broken);
    broken
}

fn phrased(text: &str, broken: &mut String) {
    let mut before: Option<char> = None;
    for next in text.chars() {
        if before.is_some_and(|last| is_between_phrases(last, next)) {
            broken.push_str("<wbr>");
        }
        broken.push(next);
        before = Some(next);
    }
}

/// A phrase ends in particles and endings, which are hiragana, and the next one begins with another script; を only ever
/// ends one. お and ご before a kanji belong to it.
fn is_between_phrases(last: char, next: char) -> bool {
    let is_hiragana = |c: char| ('ぁ'..='ゟ').contains(&c);
    let is_together = |pair: &&str| pair.starts_with(last) && pair.ends_with(next);
    match last {
        _ if CLOSING.contains(next) => false,
        '、' | '。' | '」' | '）' | 'を' => true,
        'お' | 'ご' => false,
        _ => is_hiragana(last) && !is_hiragana(next) && !TOGETHER.iter().any(is_together),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stay_whole() {
        for (text, parts) in [
            ("VPNをオンにできませんでした", "VPNを|オンにできませんでした"),
            ("接続できないネットワークがあります", "接続できない|ネットワークがあります"),
            ("管理者にお問い合わせ番号をお知らせください。", "管理者にお問い合わせ|番号を|お知らせください。"),
            ("ご自身の端末かもしれません（VPN）。次へ", "ご自身の|端末かもしれません|（VPN）。|次へ"),
            ("受け付けられませんでした", "受け付けられませんでした"),
            ("誰も接続していない状態が30分続くと、自動で", "誰も|接続していない|状態が|30分続くと、|自動で"),
            ("通常は2～10分かかります。", "通常は|2～10分かかります。"),
            ("「接続済み」と表示", "「接続済み」|と|表示"),
            ("The VPN is off.", "The VPN is off."),
            ("显示“已连接”后，即可", "显示“已连接”后，即可"),
            ("", ""),
        ] {
            assert_eq!(broken(text).replace("<wbr>", "|"), parts);
            assert_eq!(broken(&broken(text)), broken(text), "once is enough");
        }
    }

    #[test]
    fn only_words_are_broken() {
        let html = "<p class=\"次の次\" data-room=\"次の次\">次の<b>次</b>の次</p>次の次";
        let expected = "<p class=\"次の次\" data-room=\"次の次\">次の<b>次</b>の<wbr>次</p>次の<wbr>次";
        assert_eq!(broken(html), expected);
    }
}
