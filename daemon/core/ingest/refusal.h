/*
 * refusal.h - the words for enum cw_refusal, as in metrics (`reason`), quarantine and API.
 */
#ifndef CORE_INGEST_REFUSAL_H
#define CORE_INGEST_REFUSAL_H

#include <carewatch/plugin.h>

/* "syntax", "duplicate_key", "not_authorised", ...; "accepted" for CW_ACCEPTED. */
const char *refusal_name(enum cw_refusal refusal);

#endif
