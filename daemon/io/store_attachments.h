/*
 * store_attachments.h - photos of findings: bytes by their own SHA-256, so that the same photo
 * sent twice is one, and a reference proves what it refers to. Which case refers to one is the
 * fold's matter; here are only bytes, within a quota.
 */
#ifndef IO_STORE_ATTACHMENTS_H
#define IO_STORE_ATTACHMENTS_H

#include "io/store.h"

#define ATTACHMENT_ID 64u /* hexadecimal digits */

/* "image/jpeg", "image/png", "image/webp" by what the bytes begin with; NULL: none of them. */
const char *attachment_type(struct cw_str bytes);
void attachment_id(struct cw_str bytes, char id[ATTACHMENT_ID + 1]);

/* Keeps a copy under its id; `done` when it is committed: 0, or -ENOSPC when all together
 * would be more than the quota. */
void store_attach(struct store *store, struct cw_str bytes, int64_t quota_bytes, const char *by,
                  int64_t now_ns, void (*done)(void *ctx, int code), void *ctx);
/* The bytes, borrowed; empty: there are none. */
void store_attachment(struct store *store, const char *id,
                      void (*answer)(void *ctx, struct cw_str bytes), void *ctx);

#endif
