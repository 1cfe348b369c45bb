#include "redress/intake/source.h"

#include <stdarg.h>
#include <stdio.h>

void rd_source_warn(const struct rd_intake_source *source, const char *sentence)
{
	const struct rd_intake_events *events = source->events;
	if (events && events->warning)
		events->warning(events->context, source->config->name, sentence);
}

void rd_source_alarm(
	const struct rd_intake_source *source, const char *cause, const char *format, ...)
{
	const struct rd_intake_events *events = source->events;
	if (!events || !events->alarm)
		return;
	char sentence[RD_ERR_MAX + 200];
	va_list args;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	events->alarm(events->context, source->config->name, cause, sentence);
}

void rd_source_beat(const struct rd_intake_source *source)
{
	const struct rd_intake_events *events = source->events;
	if (events && events->beat)
		events->beat(events->context);
}

bool rd_source_stopping(const struct rd_intake_source *source)
{
	const struct rd_intake_events *events = source->events;
	return events && events->stopping && events->stopping(events->context);
}

void rd_source_accepted(const struct rd_intake_source *source, size_t n_messages)
{
	const struct rd_intake_events *events = source->events;
	if (events && events->accepted && n_messages > 0)
		events->accepted(events->context, source->config->name, n_messages);
}

void rd_source_success(const struct rd_intake_source *source)
{
	const struct rd_intake_events *events = source->events;
	if (events && events->success)
		events->success(events->context, source->config->name);
}
