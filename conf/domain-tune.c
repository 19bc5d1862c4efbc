/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-tune.h"

#include "conf/cpuset.h"
#include "conf/domain-words.h"
#include "conf/xml.h"

static void
thread_free(gpointer data)
{
    VirtCpuThreadTune *thread = data;

    g_free(thread->cpus);
    g_free(thread);
}

static gpointer
thread_copy(gconstpointer data, gpointer user_data)
{
    VirtCpuThreadTune *copy = g_memdup2(data, sizeof(*copy));

    copy->cpus = g_strdup(copy->cpus);
    return copy;
}

void
virtcpu_tune_init(VirtCpuTune *tune)
{
    tune->vcpus = g_ptr_array_new_with_free_func(thread_free);
    tune->iothreads = g_ptr_array_new_with_free_func(thread_free);
}

void
virtcpu_tune_clear(VirtCpuTune *tune)
{
    g_clear_pointer(&tune->cpus, g_free);
    g_clear_pointer(&tune->emulator.cpus, g_free);
    g_clear_pointer(&tune->vcpus, g_ptr_array_unref);
    g_clear_pointer(&tune->iothreads, g_ptr_array_unref);
}

void
virtcpu_tune_copy(VirtCpuTune *copy, const VirtCpuTune *tune)
{
    *copy = *tune;
    copy->cpus = g_strdup(tune->cpus);
    copy->emulator.cpus = g_strdup(tune->emulator.cpus);
    copy->vcpus = g_ptr_array_copy(tune->vcpus, thread_copy, NULL);
    copy->iothreads = g_ptr_array_copy(tune->iothreads, thread_copy, NULL);
}

/* The place of @number among @threads; their length when it has none. */
static guint
find_thread(const GPtrArray *threads, unsigned number)
{
    guint i = 0;

    while (i < threads->len &&
           ((const VirtCpuThreadTune *)g_ptr_array_index(threads, i))->number != number) {
        i++;
    }
    return i;
}

static VirtCpuThreadTune *
thread_at(const GPtrArray *threads, guint index)
{
    return index < threads->len ? g_ptr_array_index(threads, index) : NULL;
}

VirtCpuThreadTune *
virtcpu_tune_find_vcpu(const VirtCpuTune *tune, unsigned number)
{
    return thread_at(tune->vcpus, find_thread(tune->vcpus, number));
}

VirtCpuThreadTune *
virtcpu_tune_need_vcpu(VirtCpuTune *tune, unsigned number)
{
    VirtCpuThreadTune *thread = virtcpu_tune_find_vcpu(tune, number);
    guint place = 0;

    if (thread != NULL) {
        return thread;
    }
    while (place < tune->vcpus->len && thread_at(tune->vcpus, place)->number < number) {
        place++;
    }
    thread = g_new0(VirtCpuThreadTune, 1);
    thread->number = number;
    g_ptr_array_insert(tune->vcpus, (gint)place, thread);
    return thread;
}

void
virtcpu_tune_limit_vcpus(VirtCpuTune *tune, unsigned count)
{
    while (tune->vcpus->len > 0 && thread_at(tune->vcpus, tune->vcpus->len - 1)->number >= count) {
        g_ptr_array_set_size(tune->vcpus, (gint)tune->vcpus->len - 1);
    }
}

VirtCpuThreadTune *
virtcpu_tune_find_iothread(const VirtCpuTune *tune, unsigned number)
{
    return thread_at(tune->iothreads, find_thread(tune->iothreads, number));
}

VirtCpuThreadTune *
virtcpu_tune_add_iothread(VirtCpuTune *tune, unsigned number)
{
    VirtCpuThreadTune *thread = g_new0(VirtCpuThreadTune, 1);

    thread->number = number;
    thread->pool_min = thread->pool_max = -1;
    g_ptr_array_add(tune->iothreads, thread);
    return thread;
}

void
virtcpu_tune_remove_iothread(VirtCpuTune *tune, unsigned number)
{
    g_ptr_array_remove_index(tune->iothreads, find_thread(tune->iothreads, number));
    for (guint i = 0; i < tune->iothreads->len; i++) {
        thread_at(tune->iothreads, i)->counted = FALSE;
    }
}

void
virtcpu_thread_tune_pin(VirtCpuThreadTune *thread, const char *cpus)
{
    g_free(thread->cpus);
    thread->cpus = g_strdup(cpus);
}

static void
format_iothread(const VirtCpuThreadTune *thread, GString *out)
{
    g_string_append_printf(out, "    <iothread id='%u'", thread->number);
    if (thread->pool_min >= 0) {
        g_string_append_printf(out, " thread_pool_min='%d'", thread->pool_min);
    }
    if (thread->pool_max >= 0) {
        g_string_append_printf(out, " thread_pool_max='%d'", thread->pool_max);
    }
    g_string_append(out, "/>\n");
}

static void
format_iothreads(const GPtrArray *iothreads, GString *out)
{
    gboolean named = FALSE;

    if (iothreads->len == 0) {
        return;
    }
    for (guint i = 0; i < iothreads->len; i++) {
        named = named || !thread_at(iothreads, i)->counted;
    }
    g_string_append_printf(out, "  <iothreads>%u</iothreads>\n", iothreads->len);
    if (!named) {
        return;
    }
    g_string_append(out, "  <iothreadids>\n");
    for (guint i = 0; i < iothreads->len; i++) {
        format_iothread(thread_at(iothreads, i), out);
    }
    g_string_append(out, "  </iothreadids>\n");
}

/* "<vcpupin vcpu='0' cpuset='1-2'/>" for each of @threads that is pinned. */
static void
format_pins(const GPtrArray *threads, const char *element, const char *attribute, GString *out)
{
    for (guint i = 0; i < threads->len; i++) {
        const VirtCpuThreadTune *thread = thread_at(threads, i);

        if (thread->cpus != NULL) {
            g_string_append_printf(out, "    <%s %s='%u' cpuset='%s'/>\n", element, attribute,
                                   thread->number, thread->cpus);
        }
    }
}

static void
append_scheduler(const VirtCpuThreadTune *thread, GString *out)
{
    virtcpu_xml_append_attribute(
        out, "scheduler",
        virtcpu_words_to_string(&virtcpu_scheduler_words, (int)thread->scheduler));
    if (thread->scheduler >= VIRTCPU_SCHEDULER_FIFO) {
        g_string_append_printf(out, " priority='%u'", thread->priority);
    }
    g_string_append(out, "/>\n");
}

static gboolean
is_scheduled_alike(const VirtCpuThreadTune *a, const VirtCpuThreadTune *b)
{
    return a->scheduler == b->scheduler && a->priority == b->priority;
}

/* One element for all of @threads that are scheduled like the one at @first, unless an earlier one
 * was, which had it written. */
static void
format_group(const GPtrArray *threads, guint first, const char *element, const char *attribute,
             GString *out)
{
    const VirtCpuThreadTune *like = thread_at(threads, first);
    g_autoptr(GString) numbers = g_string_new(NULL);
    g_autoptr(VirtCpuCpuset) set = NULL;
    g_autofree char *list = NULL;

    for (guint i = 0; i < threads->len; i++) {
        if (!is_scheduled_alike(thread_at(threads, i), like)) {
            continue;
        }
        if (i < first) {
            return;
        }
        g_string_append_printf(numbers, numbers->len > 0 ? ",%u" : "%u",
                               thread_at(threads, i)->number);
    }
    set = virtcpu_cpuset_parse(numbers->str);
    list = virtcpu_cpuset_format(set);
    g_string_append_printf(out, "    <%s %s='%s'", element, attribute, list);
    append_scheduler(like, out);
}

static void
format_schedulers(const GPtrArray *threads, const char *element, const char *attribute,
                  GString *out)
{
    for (guint i = 0; i < threads->len; i++) {
        if (thread_at(threads, i)->scheduler != VIRTCPU_SCHEDULER_NONE) {
            format_group(threads, i, element, attribute, out);
        }
    }
}

void
virtcpu_tune_format(const VirtCpuTune *tune, GString *out)
{
    g_autoptr(GString) inside = g_string_new(NULL);

    format_iothreads(tune->iothreads, out);
    format_pins(tune->vcpus, "vcpupin", "vcpu", inside);
    if (tune->emulator.cpus != NULL) {
        g_string_append_printf(inside, "    <emulatorpin cpuset='%s'/>\n", tune->emulator.cpus);
    }
    format_pins(tune->iothreads, "iothreadpin", "iothread", inside);
    format_schedulers(tune->vcpus, "vcpusched", "vcpus", inside);
    format_schedulers(tune->iothreads, "iothreadsched", "iothreads", inside);
    if (tune->emulator.scheduler != VIRTCPU_SCHEDULER_NONE) {
        g_string_append(inside, "    <emulatorsched");
        append_scheduler(&tune->emulator, inside);
    }
    if (inside->len > 0) {
        g_string_append_printf(out, "  <cputune>\n%s  </cputune>\n", inside->str);
    }
}
