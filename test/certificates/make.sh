#!/usr/bin/env bash
# Makes the certificates of the tests anew, valid for 100 years. The keys here protect nothing.
set -eu
cd "$(dirname "$0")"
days=36500

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days $days \
    -subj "/CN=hookline test $1" -keyout "$1-key.pem" -out "$1.pem"
}

signed() { # NAME AUTHORITY EXTENSIONS
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj "/CN=hookline test $1" -keyout "$1-key.pem" -out request.tmp
  openssl x509 -req -in request.tmp -CA "$2.pem" -CAkey "$2-key.pem" -days $days -extfile <(printf '%s\n' "$3") -out "$1.pem"
  rm request.tmp
}

authority ca
authority stranger-ca
signed server ca 'subjectAltName = IP:127.0.0.1, DNS:localhost'
signed renewed ca 'subjectAltName = IP:127.0.0.1, DNS:localhost'
signed client ca 'extendedKeyUsage = clientAuth'
signed stranger stranger-ca 'extendedKeyUsage = clientAuth'
openssl pkey -in server-key.pem -aes256 -passout pass:secret -out locked-key.pem
rm stranger-ca-key.pem ca-key.pem ./*.srl 2>/dev/null || true
