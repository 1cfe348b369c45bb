/* csv: a table as programs export it (RFC 4180), record by record, each field with its place.
 *
 * Fields are parted by commas; one in quotes may hold commas, line ends and quotes (doubled).
 * Records end with CR LF, LF or CR. The text is in memory and valid UTF-8 without NUL; a byte order
 * mark at its beginning is the caller's to skip. Empty lines are passed over.
 *
 *	struct rd_csv csv = rd_csv_begin(text, len);
 *	while (rd_csv_next(&csv, arena, &row))
 *
 * What breaks the form is told in the row: `fault`, with its place. A record with a stray quote is
 * only that record's fault; a quote that is never closed swallows the rest, so it ends the file
 * (`broken`).
 */
#ifndef REDRESS_BASE_CSV_H
#define REDRESS_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"

#define RD_CSV_FIELDS_MAX      64
#define RD_CSV_FIELD_BYTES_MAX 8192

struct rd_csv {
	const char *at, *end;
	uint32_t line, column; /* of `at`, from 1; columns are characters */
};

struct rd_csv_field {
	const char *text; /* arena; quotes off; NUL-ended */
	size_t len;
	uint32_t line, column; /* of its first character, its quote included */
};

struct rd_csv_row {
	struct rd_csv_field fields[RD_CSV_FIELDS_MAX];
	size_t n_fields; /* all of them, also where fault is set */
	uint32_t line;
	const char *fault; /* static; NULL: none */
	uint32_t fault_line, fault_column;
	bool broken; /* no record can be told behind this one */
};

struct rd_csv rd_csv_begin(const char *text, size_t len);
/* False at the end. A full arena is a fault of the row, and broken. */
bool rd_csv_next(struct rd_csv *csv, struct rd_arena *arena, struct rd_csv_row *row);

#endif
