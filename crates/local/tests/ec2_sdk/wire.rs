//! What no SDK sends: the wire itself.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::fixture::{Aws, ENDPOINT};

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIA1/20260105/us-east-1/ec2/aws4_request, SignedHeaders=host, \
                      Signature=0";

async fn send(aws: &Aws, authorization: Option<&str>, content_type: &str, body: &str) -> (u16, String) {
    let from = format!("Host: {}\r\n", aws.address);
    send_from(aws, &from, authorization, content_type, body).await
}

/// `from`: header lines that say which address was asked, and which page asks.
async fn send_from(
    aws: &Aws,
    from: &str,
    authorization: Option<&str>,
    content_type: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(aws.address).await.unwrap();
    let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    let request = format!(
        "POST / HTTP/1.1\r\n{from}{authorization}Content-Type: {content_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer[9..12].parse().unwrap(), answer)
}

async fn form(aws: &Aws, body: &str) -> (u16, String) {
    let (status, answer) = send(aws, Some(SIGNED), "application/x-www-form-urlencoded", body).await;
    let code = answer.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (status, code.map_or(answer.clone(), |(code, _)| code.to_owned()))
}

#[tokio::test]
async fn what_is_not_understood_is_refused_as_aws_does() {
    let aws = Aws::start().await;
    let connections = format!("Action=DescribeClientVpnConnections&Version=2016-11-15&ClientVpnEndpointId={ENDPOINT}");
    let subnets = "Action=DescribeSubnets&Version=2016-11-15";
    for (body, expected) in [
        ("Action=RunInstances&Version=2016-11-15".to_owned(), "InvalidAction"),
        ("Action=DescribeSubnets&Version=2012-01-01".to_owned(), "InvalidAction"),
        ("Action=DescribeSubnets".to_owned(), "InvalidAction"),
        ("Version=2016-11-15".to_owned(), "MissingAction"),
        ("Action=DescribeClientVpnConnections&Version=2016-11-15".to_owned(), "MissingParameter"),
        (format!("{connections}&Colour=red"), "UnknownParameter"),
        (format!("{subnets}&ClientVpnEndpointId={ENDPOINT}"), "UnknownParameter"),
        (format!("{subnets}&Filter.1.Colour=red&Filter.1.Name=vpc-id"), "UnknownParameter"),
        (format!("{subnets}&Filter.1.Value.1=red"), "MissingParameter"),
        (format!("{subnets}&DryRun=perhaps"), "InvalidParameterValue"),
        (format!("{subnets}&MaxResults=many"), "InvalidParameterValue"),
        (
            format!(
                "Action=AssociateClientVpnTargetNetwork&Version=2016-11-15&ClientVpnEndpointId={ENDPOINT}\
                 &AvailabilityZone=us-east-1a"
            ),
            "InvalidParameterCombination",
        ),
    ] {
        assert_eq!(form(&aws, &body).await, (400, expected.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_request_without_a_signature_is_refused() {
    let aws = Aws::start().await;
    let body = "Action=DescribeSubnets&Version=2016-11-15";
    let (status, answer) = send(&aws, None, "application/x-www-form-urlencoded", body).await;
    assert_eq!(status, 403);
    assert!(answer.contains("<Code>MissingAuthenticationToken</Code>"), "{answer}");
    let (status, answer) = send(&aws, None, "application/json", "{}").await;
    assert_eq!(status, 400);
    assert!(answer.contains("InvalidAction"), "{answer}");
}

/// A page elsewhere that got its own name to lead here (DNS rebinding) is refused, and so is a form of another page.
#[tokio::test]
async fn other_pages_are_refused_whatever_they_ask() {
    let aws = Aws::start().await;
    let form = "application/x-www-form-urlencoded";
    let own = format!("Host: {}\r\n", aws.address);
    let body = "Action=DescribeTags&Version=2016-11-15";
    for (from, expected) in [
        (own.clone(), 200),
        (format!("{own}Origin: http://{}\r\n", aws.address), 200),
        (format!("{own}Origin: http://evil.example\r\n"), 403),
        (format!("Host: evil.example:{}\r\n", aws.address.port()), 403),
        (format!("Host: localhost:{}\r\n", aws.address.port()), 200),
    ] {
        let (status, answer) = send_from(&aws, &from, Some(SIGNED), form, body).await;
        assert_eq!(status, expected, "{from}: {answer}");
    }
}

#[tokio::test]
async fn answers_have_awss_shape_and_one_request_id() {
    let aws = Aws::start().await;
    let body = "Action=DescribeTags&Version=2016-11-15";
    let (status, answer) = send(&aws, Some(SIGNED), "application/x-www-form-urlencoded; charset=utf-8", body).await;
    assert_eq!(status, 200);
    let (head, xml) = answer.split_once("\r\n\r\n").unwrap();
    let id = head.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: ")).unwrap();
    assert_eq!(id.len(), 36);
    let root = "<DescribeTagsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">";
    assert!(
        xml.contains(&format!("{root}<requestId>{id}</requestId><tagSet></tagSet></DescribeTagsResponse>")),
        "{xml}"
    );

    let body = "Action=Nothing&Version=2016-11-15";
    let (_, answer) = send(&aws, Some(SIGNED), "application/x-www-form-urlencoded", body).await;
    let (_, rest) = answer.split_once("<Response><Errors><Error><Code>InvalidAction</Code><Message>").unwrap();
    let (_, rest) = rest.split_once("</Message></Error></Errors><RequestID>").unwrap();
    assert!(rest.ends_with("</RequestID></Response>") && !rest.contains(id), "{rest}");
}
