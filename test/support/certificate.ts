import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** PEM texts of a throw-away authority and of the server certificate for `localhost` that it signed. */
export interface TestCertificate {
  /** What a client must trust. */
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A new authority and a certificate for `localhost`, `127.0.0.1`, `::1` and `names`, valid for one day, made by Node.js
 * alone. The authority's key is dropped at once. Takes some tenths of a second: make one per test file.
 */
export function makeCertificate(names: readonly string[] = []): TestCertificate {
  const authority = makeKeys();
  const server = makeKeys();
  const authorityName = [{ name: 'commonName', value: 'BTC Fake test authority' }];
  const ca = sign(authority, authorityName, authority, authorityName, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  const certificate = sign(server, [{ name: 'commonName', value: 'localhost' }], authority, authorityName, [
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        ...['localhost', ...names].map((value) => ({ type: 2, value })),
        { type: 7, ip: '127.0.0.1' },
        { type: 7, ip: '::1' },
      ],
    },
  ]);
  return { caPem: ca, certPem: certificate, keyPem: server.keyPem };
}

interface Keys {
  publicKey: forge.pki.rsa.PublicKey;
  privateKey: forge.pki.rsa.PrivateKey;
  keyPem: string;
}

/** Node.js makes the keys: forge's own JavaScript would need seconds for it. */
function makeKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey) as forge.pki.rsa.PublicKey,
    privateKey: forge.pki.privateKeyFromPem(privateKey) as forge.pki.rsa.PrivateKey,
    keyPem: privateKey,
  };
}

function sign(
  subject: Keys,
  subjectName: forge.pki.CertificateField[],
  issuer: Keys,
  issuerName: forge.pki.CertificateField[],
  extensions: object[],
): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = subject.publicKey;
  // The leading 1 keeps the number positive and free of padding: OpenSSL refuses a certificate whose number starts with
  // 00.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS / 24);
  certificate.validity.notAfter = new Date(Date.now() + DAY_MS);
  certificate.setSubject(subjectName);
  certificate.setIssuer(issuerName);
  certificate.setExtensions(extensions);
  certificate.sign(issuer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}
