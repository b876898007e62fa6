/*
 * json_read.h - small JSON documents that are read once: bodies of requests, answers on the
 * command line (jansson; its only door). Telemetry goes another way (plugins/decode_json).
 */
#ifndef IO_JSON_READ_H
#define IO_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/buf.h"

/* A value of the document; NULL stands for "absent" everywhere and gives the fallback. */
struct json_node;

/* Duplicate members are refused. The caller frees the root; all else is borrowed from it.
 * NULL with err (line and column). */
struct json_node *json_read(struct cw_str text, struct cw_error *err);
void json_read_free(struct json_node *root);

/* Its JSON, without spaces. */
void node_write(const struct json_node *value, struct buf *out);

bool node_is_object(const struct json_node *value);
bool node_is_text(const struct json_node *value);
bool node_is_number(const struct json_node *value);
const struct json_node *node_get(const struct json_node *object, const char *key);
/* The i-th of an array; NULL behind the end. */
const struct json_node *node_at(const struct json_node *array, size_t i);
/* Member i of an object in order, its key in *key; NULL behind the end. */
const struct json_node *node_member(const struct json_node *object, size_t i, const char **key);
const char *node_text(const struct json_node *value, const char *fallback);
int64_t node_int(const struct json_node *value, int64_t fallback);
double node_real(const struct json_node *value, double fallback);
bool node_bool(const struct json_node *value, bool fallback);

#endif
