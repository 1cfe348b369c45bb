#include "redress/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define LINE_MAX_BYTES 2000
#define FIELDS_MAX     12 /* of one line; more are left out */

static atomic_int most_detailed = RD_LOG_INFO;

void rd_log_set_level(enum rd_log_level level)
{
	atomic_store(&most_detailed, (int)level);
}

/* JOURNAL_STREAM is "device:inode" of what systemd connected; it is inherited even where standard
 * error was since sent elsewhere (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat info;

	if (text == NULL || sscanf(text, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

static void make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

/* One write: lines of several threads do not mix. */
static void write_line(enum rd_log_level level, const char *sentence,
	char fields[][LINE_MAX_BYTES / 8], size_t n_fields)
{
	char line[LINE_MAX_BYTES + 1];
	int n = snprintf(line, sizeof line - 1, "<%d>%s", (int)level, sentence);
	size_t used = n < 0 ? 0 : (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;

	for (size_t i = 0; i < n_fields && used < sizeof line - 2; i++) {
		n = snprintf(line + used, sizeof line - 1 - used, " %s", fields[i]);
		if (n < 0)
			break;
		used = used + (size_t)n < sizeof line - 1 ? used + (size_t)n : sizeof line - 2;
	}
	make_plain(line);
	line[used] = '\n';
	/* Nothing can be done about a log that cannot be written. */
	ssize_t written = write(STDERR_FILENO, line, used + 1);
	(void)written;
}

static void send_to_journal(enum rd_log_level level, const char *sentence,
	char fields[][LINE_MAX_BYTES / 8], size_t n_fields)
{
	char priority[16], message[LINE_MAX_BYTES];
	struct iovec parts[FIELDS_MAX + 2];

	snprintf(priority, sizeof priority, "PRIORITY=%d", (int)level);
	snprintf(message, sizeof message, "MESSAGE=%s", sentence);
	make_plain(message);
	parts[0] = (struct iovec){ priority, strlen(priority) };
	parts[1] = (struct iovec){ message, strlen(message) };
	for (size_t i = 0; i < n_fields; i++)
		parts[2 + i] = (struct iovec){ fields[i], strlen(fields[i]) };
	if (sd_journal_sendv(parts, (int)(2 + n_fields)) < 0)
		write_line(level, sentence, fields, n_fields);
}

static void emit(enum rd_log_level level, const char *sentence, char fields[][LINE_MAX_BYTES / 8],
	size_t n_fields)
{
	if (stderr_is_journal())
		send_to_journal(level, sentence, fields, n_fields);
	else
		write_line(level, sentence, fields, n_fields);
}

void rd_log(enum rd_log_level level, const char *sentence, ...)
{
	char fields[FIELDS_MAX][LINE_MAX_BYTES / 8];
	size_t n_fields = 0;
	va_list args;

	if ((int)level > atomic_load(&most_detailed))
		return;
	va_start(args, sentence);
	for (const char *name = va_arg(args, const char *); name != NULL;
		name = va_arg(args, const char *)) {
		const char *value = va_arg(args, const char *);
		if (value == NULL)
			break;
		if (n_fields == FIELDS_MAX)
			continue;
		snprintf(fields[n_fields], sizeof fields[n_fields], "%s=%s", name, value);
		make_plain(fields[n_fields++]);
	}
	va_end(args);
	emit(level, sentence, fields, n_fields);
}

void rd_logf(enum rd_log_level level, const char *format, ...)
{
	char sentence[LINE_MAX_BYTES];
	va_list args;

	if ((int)level > atomic_load(&most_detailed))
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	emit(level, sentence, NULL, 0);
}
