/*
 * feed_sign.h - Ed25519 (libcrypto) over lines that leave for other departments and regions,
 * and over theirs. Keys and signatures are hexadecimal.
 */
#ifndef IO_FEED_SIGN_H
#define IO_FEED_SIGN_H

#include <stdbool.h>

#include <carewatch/str.h>

#define FEED_KEY_HEX 64u
#define FEED_SIGNATURE_HEX 128u

struct feed_key;

/* From the 32 bytes of a private key. NULL: it is none. */
struct feed_key *feed_key_new(const char *hex);
void feed_key_free(struct feed_key *key);
void feed_key_public(const struct feed_key *key, char hex[FEED_KEY_HEX + 1]);
void feed_sign(const struct feed_key *key, struct cw_str text,
               char hex[FEED_SIGNATURE_HEX + 1]);
/* Was it signed with the private half of this public key? */
bool feed_verify(const char *public_hex, struct cw_str text, struct cw_str signature_hex);
bool feed_key_valid(const char *hex);

#endif
