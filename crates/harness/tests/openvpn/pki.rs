//! A CA with plain openssl, in a directory that goes with it: what `infra/endpoint/pki.sh` makes, without ACM.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use data_plane::Imported;

/// The server's name.
pub const SERVER: &str = "vpn.example.com";

const CONFIGURATION: &str = "[ca]\ndefault_ca = all\n[all]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\n\
    default_md = sha256\npolicy = names\nunique_subject = no\n[names]\ncommonName = supplied\n\
    [server]\nbasicConstraints = CA:FALSE\nkeyUsage = digitalSignature, keyEncipherment\nextendedKeyUsage = serverAuth\n\
    [client]\nbasicConstraints = CA:FALSE\nkeyUsage = digitalSignature\nextendedKeyUsage = clientAuth\n";

pub struct Pki {
    directory: PathBuf,
}

/// A device's certificate and key.
#[derive(Debug, Clone)]
pub struct Certified {
    pub certificate: String,
    pub key: String,
    file: String,
}

impl Pki {
    /// A CA with a certificate for the server.
    pub fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("openvpn-{:016x}", fastrand::u64(..)));
        fs::create_dir(&directory).expect("a directory");
        let pki = Self { directory };
        for (file, content) in [("ca.cnf", CONFIGURATION), ("index.txt", ""), ("serial", "1001")] {
            fs::write(pki.path(file), content).expect("a file");
        }
        pki.openssl("req -x509 -newkey rsa:2048 -noenc -keyout ca.key -out ca.crt -days 30 -subj /CN=ca");
        pki.sign("server", SERVER, SERVER);
        pki
    }

    /// The server's certificate, as it is imported into ACM.
    pub fn server(&self) -> Imported {
        Imported {
            certificate: self.read(&format!("{SERVER}.crt")),
            private_key: self.read(&format!("{SERVER}.key")),
            chain: self.ca(),
        }
    }

    pub fn ca(&self) -> String {
        self.read("ca.crt")
    }

    /// A certificate for a device, beside those that it has.
    pub fn issue(&self, name: &str) -> Certified {
        let file = format!("{}-{:08x}", name.replace('/', "-"), fastrand::u32(..));
        self.sign("client", name, &file);
        Certified { certificate: self.read(&format!("{file}.crt")), key: self.read(&format!("{file}.key")), file }
    }

    /// Takes a certificate back; the list does not have it until there is a new one.
    pub fn revoke(&self, certified: &Certified) {
        self.openssl(&format!("ca -config ca.cnf -keyfile ca.key -cert ca.crt -revoke {}.crt", certified.file));
    }

    /// The list of what was taken back, good for so many seconds from now on; it has ended where these are not positive.
    pub fn list(&self, seconds: i64) -> String {
        if seconds > 0 {
            self.openssl(&format!(
                "ca -config ca.cnf -keyfile ca.key -cert ca.crt -gencrl -crlsec {seconds} -out list.pem"
            ));
        } else {
            let past = "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z";
            self.openssl(&format!("ca -config ca.cnf -keyfile ca.key -cert ca.crt -gencrl {past} -out list.pem"));
        }
        self.read("list.pem")
    }

    fn sign(&self, kind: &str, name: &str, file: &str) {
        let subject = name.replace('/', "\\/");
        self.openssl(&format!("req -newkey rsa:2048 -noenc -keyout {file}.key -out {file}.csr -subj /CN={subject}"));
        self.openssl(&format!(
            "ca -config ca.cnf -batch -notext -keyfile ca.key -cert ca.crt -days 20 -extensions {kind} -in {file}.csr -out {file}.crt"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split(' ')).current_dir(&self.directory).stdin(Stdio::null());
        let output = openssl.output().expect("openssl is installed");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file")
    }

    /// Where files for this test may be.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary directory.
        drop(fs::remove_dir_all(&self.directory));
    }
}
