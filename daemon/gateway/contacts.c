#include "redress/gateway/contacts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/clock.h"
#include "redress/gateway/casework.h"

#define TX_MS_MAX     50
#define DROP_MAX      1000
#define LANDLORDS_MAX RD_LIVE_LANDLORDS_MAX
#define FEW	      20 /* so many may go without a question */

struct importing {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_contacts_import *import;
	int64_t now_ms;
	struct rd_contacts_imported counts;
	const char *landlords[LANDLORDS_MAX]; /* that the file names people of */
	int64_t n_named[LANDLORDS_MAX];	      /* of whom the store knows already */
	size_t n_landlords;
};

static size_t landlord_at(struct importing *i, const char *landlord)
{
	size_t at = 0;

	while (at < i->n_landlords && strcmp(i->landlords[at], landlord) != 0)
		at++;
	RD_ASSERT(at < LANDLORDS_MAX);
	if (at == i->n_landlords)
		i->landlords[i->n_landlords++] = landlord;
	return at;
}

static void count(struct importing *i, const struct rd_resident *resident, enum rd_resident_put put)
{
	const size_t at = landlord_at(i, resident->landlord);

	i->counts.n[put]++;
	i->n_named[at] += put == RD_RESIDENT_CHANGED || put == RD_RESIDENT_SAME;
	if (put == RD_RESIDENT_ERASED && i->counts.erased_line == 0)
		i->counts.erased_line = resident->line;
}

/* What it would come to: asked first in any case, since a part of a file may not be replaced by. */
static enum rd_rc rehearse(struct importing *i, struct rd_err *err)
{
	for (size_t k = 0; k < i->import->file->n; k++) {
		enum rd_resident_put put = RD_RESIDENT_ADDED;

		RD_TRY(rd_resident_would_put(
			i->db, &i->import->file->residents[k], i->import->bring_back, &put, err));
		count(i, &i->import->file->residents[k], put);
	}
	return RD_OK;
}

/* An export that went wrong is short; a whole landlord's residents are not forgotten by mistake. */
static enum rd_rc check_drop(struct importing *i, struct rd_err *err)
{
	for (size_t k = 0; k < i->n_landlords && i->import->replace; k++) {
		int64_t known = 0, gone;

		RD_TRY(rd_residents_count(i->db, i->landlords[k], &known, err));
		gone = known - i->n_named[k];
		i->counts.n_dropped += gone;
		if (i->import->accept || gone <= FEW || gone * 2 <= known)
			continue;
		return rd_fail(err, RD_E_REFUSED,
			"nothing was changed: %" PRId64 " of the %" PRId64
			" residents known of %s are not in this file and would be dropped; if "
			"that is right, add --accept",
			gone, known, i->landlords[k]);
	}
	return RD_OK;
}

static enum rd_rc put_some(struct importing *i, size_t *at, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t begun = rd_monotonic_ms();
	size_t next = *at;

	RD_TRY(rd_tx_begin(i->db, &tx, err));
	while (next < i->import->file->n && rd_monotonic_ms() - begun < TX_MS_MAX) {
		const struct rd_resident *resident = &i->import->file->residents[next++];
		enum rd_resident_put put = RD_RESIDENT_ADDED;

		RD_TRY(rd_resident_put(tx, resident, i->now_ms, i->import->bring_back, &put, err));
		count(i, resident, put);
	}
	*at = next;
	return rd_tx_commit(&tx, err);
}

static enum rd_rc drop_some(
	struct importing *i, const char *landlord, int64_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(i->db, &tx, err));
	RD_TRY(rd_residents_drop(tx, landlord, i->now_ms, DROP_MAX, ret_n, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc drop_gone(struct importing *i, struct rd_err *err)
{
	for (size_t k = 0; k < i->n_landlords && i->import->replace; k++) {
		int64_t n = 0, none = 0, kept = 0;

		do {
			RD_TRY(drop_some(i, i->landlords[k], &n, err));
			i->counts.n_dropped += n;
		} while (n > 0);
		RD_TRY(rd_residents_old(i->db, i->landlords[k], i->now_ms, &none, &kept, err));
		i->counts.n_kept += kept;
	}
	return RD_OK;
}

static enum rd_rc record(struct importing *i, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_contacts_imported *c = &i->counts;
	char detail[256];

	snprintf(detail, sizeof detail,
		"{\"lines\":%zu,\"faulty\":%zu,\"added\":%" PRId64 ",\"changed\":%" PRId64
		",\"same\":%" PRId64 ",\"erased_before\":%" PRId64 ",\"dropped\":%" PRId64
		",\"kept\":%" PRId64 "}",
		i->import->file->n_lines, i->import->file->n_faulty, c->n[RD_RESIDENT_ADDED],
		c->n[RD_RESIDENT_CHANGED], c->n[RD_RESIDENT_SAME], c->n[RD_RESIDENT_ERASED],
		c->n_dropped, c->n_kept);
	RD_TRY(rd_tx_begin(i->db, &tx, err));
	RD_TRY(rd_casework_audit(tx, i->office, "contacts_imported", 0, 0, 0, detail, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_contacts_import(struct rd_db *db, const struct rd_office *office,
	const struct rd_contacts_import *import, struct rd_contacts_imported *ret,
	struct rd_err *err)
{
	struct importing i = {
		.db = db, .office = office, .import = import, .now_ms = rd_office_now(office)
	};
	size_t at = 0;

	RD_TRY(rehearse(&i, err));
	RD_TRY(check_drop(&i, err));
	if (!import->dry_run) {
		memset(&i.counts, 0, sizeof i.counts);
		while (at < import->file->n)
			RD_TRY(put_some(&i, &at, err));
		RD_TRY(drop_gone(&i, err));
		RD_TRY(record(&i, err));
		RD_TRY(rd_db_checkpoint(db, err));
	}
	*ret = i.counts;
	return RD_OK;
}
