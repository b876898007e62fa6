/*
 * corpus.h - the vectors that nobody here wrote, in ../shared/corpora; tests that need them
 * are skipped where the folder is absent.
 */
#ifndef TESTS_CORPUS_H
#define TESTS_CORPUS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

struct corpus_bytes {
    char *p;
    size_t n;
};

static inline int corpus_is_absent(void)
{
    if (access(CORPORA_DIR, R_OK) == 0)
        return 0;
    printf("skipped: %s is absent\n", CORPORA_DIR);
    return 1;
}

/* The whole file; the caller frees p, which is NULL when it cannot be read. */
static inline struct corpus_bytes corpus_file(const char *path)
{
    struct corpus_bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    if (size >= 0) {
        bytes.p = malloc((size_t)size + 1);
        bytes.n = bytes.p ? fread(bytes.p, 1, (size_t)size, file) : 0;
    }
    fclose(file);
    return bytes;
}

static inline json_t *corpus_json(const char *name)
{
    /* 2^64-1 is the only number that jansson cannot hold. */
    static const char too_big[] = "\"uint\": 18446744073709551615";
    static const char instead[] = "\"uint\":  9223372036854775807";
    char path[1024];
    json_error_t error;
    snprintf(path, sizeof(path), "%s/%s", CORPORA_DIR, name);
    struct corpus_bytes bytes = corpus_file(path);
    if (!bytes.p)
        return NULL;
    bytes.p[bytes.n] = '\0';
    for (char *at = bytes.p; (at = strstr(at, too_big)); at++)
        memcpy(at, instead, sizeof(instead) - 1);
    json_t *json = json_loadb(bytes.p, bytes.n, JSON_ALLOW_NUL, &error);
    if (!json)
        printf("%s: %s\n", path, error.text);
    free(bytes.p);
    return json;
}

static inline struct corpus_bytes corpus_base64(const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct corpus_bytes bytes = {malloc(strlen(text) + 1), 0};
    uint32_t bits = 0;
    int n_bits = 0;
    for (; bytes.p && *text && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            continue;
        bits = bits << 6 | (uint32_t)(digit - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes.p[bytes.n++] = (char)(bits >> n_bits);
        }
    }
    return bytes;
}

/* A text, or {"binary": base64}; a copy that the caller frees. */
static inline struct corpus_bytes corpus_text(const json_t *json)
{
    struct corpus_bytes bytes = {NULL, 0};
    if (json_is_object(json))
        return corpus_base64(json_string_value(json_object_get(json, "binary")));
    bytes.n = json_string_length(json);
    bytes.p = malloc(bytes.n + 1);
    if (bytes.p)
        memcpy(bytes.p, json_string_value(json), bytes.n);
    return bytes;
}

#endif
