/*
 * name_cipher.c - see name_cipher.h. The nonce is random: a key seals a few texts in its life.
 */
#include "io/name_cipher.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "base/mem.h"

#define NONCE_BYTES 12u
#define TAG_BYTES 16u

static void draw(unsigned char *p, size_t n)
{
    if (getrandom(p, n, 0) != (ssize_t)n)
        BUG("getrandom gave less than %zu bytes", n);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool name_key_parse(const char *hex, unsigned char key[NAME_KEY_BYTES])
{
    bool good = strlen(hex) == 2 * NAME_KEY_BYTES;
    for (size_t i = 0; good && i < NAME_KEY_BYTES; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        key[i] = (unsigned char)(good ? high * 16 + low : 0);
    }
    return good;
}

void name_key_make(unsigned char key[NAME_KEY_BYTES])
{
    draw(key, NAME_KEY_BYTES);
}

void name_seal(const unsigned char key[NAME_KEY_BYTES], struct cw_str about, struct cw_str text,
               struct buf *sealed)
{
    unsigned char nonce[NONCE_BYTES], tag[TAG_BYTES];
    int n = 0;
    draw(nonce, sizeof(nonce));
    buf_add(sealed, nonce, sizeof(nonce));
    unsigned char *room = (unsigned char *)buf_room(sealed, text.n);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !room || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1 ||
        EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)about.p, (int)about.n) != 1 ||
        EVP_EncryptUpdate(ctx, room, &n, (const unsigned char *)text.p, (int)text.n) != 1 ||
        EVP_EncryptFinal_ex(ctx, room + n, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) != 1)
        BUG("libcrypto does not seal %zu bytes", text.n);
    EVP_CIPHER_CTX_free(ctx);
    buf_add(sealed, tag, sizeof(tag));
}

int name_open(const unsigned char key[NAME_KEY_BYTES], struct cw_str about,
              struct cw_str sealed, struct buf *text)
{
    const unsigned char *p = (const unsigned char *)sealed.p;
    unsigned char tag[TAG_BYTES];
    int n = 0;
    if (sealed.n < NAME_OVERHEAD)
        return -EBADMSG;
    size_t length = sealed.n - NAME_OVERHEAD;
    for (size_t i = 0; i < TAG_BYTES; i++)
        tag[i] = p[NONCE_BYTES + length + i];
    unsigned char *room = (unsigned char *)buf_room(text, length);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        BUG("libcrypto has no memory");
    bool good =
        (room || length == 0) &&
        EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, p) == 1 &&
        EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)about.p, (int)about.n) == 1 &&
        EVP_DecryptUpdate(ctx, room, &n, p + NONCE_BYTES, (int)length) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
        EVP_DecryptFinal_ex(ctx, tag, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!good)
        buf_clear(text);
    return good ? 0 : -EBADMSG;
}
