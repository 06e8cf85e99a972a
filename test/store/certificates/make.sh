#!/bin/sh
# Makes the certificates of the tests anew, valid for a hundred years. They are of no use anywhere else.
set -eu
cd "$(dirname "$0")"
DAYS=36500
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }
authority() { key "$1"; openssl req -x509 -new -key "$1.key" -days $DAYS -subj "/CN=$2" -out "$1.pem"; }
signed() {
  key "$1"
  printf 'subjectAltName = %s\n' "$2" > names
  openssl req -new -key "$1.key" -subj "/CN=$1" | openssl x509 -req -CA authority.pem -CAkey authority.key -CAcreateserial -days $DAYS -extfile names -out "$1.pem"
}
authority authority 'hookline test authority'
authority stranger 'another test authority'
signed server 'IP:127.0.0.1, DNS:localhost'
signed named 'DNS:redis.test'
signed client 'DNS:client.test'
rm -f names authority.srl authority.key stranger.key
