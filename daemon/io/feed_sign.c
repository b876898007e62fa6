/*
 * feed_sign.c - see feed_sign.h.
 */
#include "io/feed_sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"

#define KEY_BYTES 32u
#define SIGNATURE_BYTES 64u

struct feed_key {
    EVP_PKEY *pkey;
};

static int nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool from_hex(struct cw_str hex, unsigned char *bytes, size_t n)
{
    if (hex.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = nibble(hex.p[2 * i]), low = nibble(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static void to_hex(const unsigned char *bytes, size_t n, char *hex)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digit[bytes[i] >> 4];
        hex[2 * i + 1] = digit[bytes[i] & 15];
    }
    hex[2 * n] = '\0';
}

bool feed_key_valid(const char *hex)
{
    unsigned char bytes[KEY_BYTES];
    return from_hex((struct cw_str){hex, strlen(hex)}, bytes, KEY_BYTES);
}

struct feed_key *feed_key_new(const char *hex)
{
    unsigned char bytes[KEY_BYTES];
    if (!from_hex((struct cw_str){hex, strlen(hex)}, bytes, KEY_BYTES))
        return NULL;
    struct feed_key *key = xcalloc(1, sizeof(*key));
    key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, KEY_BYTES);
    explicit_bzero(bytes, sizeof(bytes));
    if (!key->pkey)
        BUG("libcrypto takes no Ed25519 key");
    return key;
}

void feed_key_free(struct feed_key *key)
{
    if (key)
        EVP_PKEY_free(key->pkey);
    free(key);
}

void feed_key_public(const struct feed_key *key, char hex[FEED_KEY_HEX + 1])
{
    unsigned char bytes[KEY_BYTES];
    size_t n = sizeof(bytes);
    if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &n) != 1 || n != KEY_BYTES)
        BUG("libcrypto gives no public key");
    to_hex(bytes, KEY_BYTES, hex);
}

void feed_sign(const struct feed_key *key, struct cw_str text, char hex[FEED_SIGNATURE_HEX + 1])
{
    unsigned char bytes[SIGNATURE_BYTES];
    size_t n = sizeof(bytes);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) != 1 ||
        EVP_DigestSign(ctx, bytes, &n, (const unsigned char *)text.p, text.n) != 1 ||
        n != SIGNATURE_BYTES)
        BUG("libcrypto does not sign %zu bytes", text.n);
    EVP_MD_CTX_free(ctx);
    to_hex(bytes, SIGNATURE_BYTES, hex);
}

bool feed_verify(const char *public_hex, struct cw_str text, struct cw_str signature_hex)
{
    unsigned char bytes[KEY_BYTES], signature[SIGNATURE_BYTES];
    if (!from_hex((struct cw_str){public_hex, strlen(public_hex)}, bytes, KEY_BYTES) ||
        !from_hex(signature_hex, signature, SIGNATURE_BYTES))
        return false;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, signature, SIGNATURE_BYTES, (const unsigned char *)text.p,
                                 text.n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}
