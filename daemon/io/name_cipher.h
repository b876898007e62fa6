/*
 * name_cipher.h - seals what belongs to one person with that person's own key: AES-256-GCM
 * (libcrypto). Whoever destroys the key has destroyed the text in every copy of it.
 */
#ifndef IO_NAME_CIPHER_H
#define IO_NAME_CIPHER_H

#include <stdbool.h>

#include "base/buf.h"

#define NAME_KEY_BYTES 32u
#define NAME_OVERHEAD 28u /* nonce and tag */

/* From 64 hexadecimal digits; false: it is none. */
bool name_key_parse(const char *hex, unsigned char key[NAME_KEY_BYTES]);
void name_key_make(unsigned char key[NAME_KEY_BYTES]);
/* nonce, text, tag. `about` (whose it is) is authenticated: a sealed text does not open as
 * somebody else's. */
void name_seal(const unsigned char key[NAME_KEY_BYTES], struct cw_str about, struct cw_str text,
               struct buf *sealed);
/* 0, or -EBADMSG: another key, another person, or damaged. */
int name_open(const unsigned char key[NAME_KEY_BYTES], struct cw_str about,
              struct cw_str sealed, struct buf *text);

#endif
