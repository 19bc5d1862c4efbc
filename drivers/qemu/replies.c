/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/replies.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/questions.h"

#include <string.h>

/* One command and its reply. */
typedef struct {
    VirtCpuJson *command, *reply;
    unsigned qemu; /* which of the recorded QEMUs, from 1 */
} Exchange;

static void
exchange_free(gpointer data)
{
    Exchange *exchange = data;

    virtcpu_json_free(exchange->command);
    virtcpu_json_free(exchange->reply);
    g_free(exchange);
}

/* The JSON documents of @text, which blank lines part (transfer full). Those of a file that was
 * carried over another system may end their lines in two characters. */
static GPtrArray *
read_documents(const char *text, GError **error)
{
    g_autoptr(GPtrArray) documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    g_autoptr(GString) plain = g_string_new(text);
    g_autoptr(GError) trouble = NULL;
    g_auto(GStrv) parts = NULL;

    g_string_replace(plain, "\r\n", "\n", 0);
    parts = g_strsplit(plain->str, "\n\n", -1);
    for (gsize i = 0; parts[i] != NULL; i++) {
        VirtCpuJson *document;

        if (*g_strstrip(parts[i]) == '\0') {
            continue;
        }
        document = virtcpu_json_parse(parts[i], -1, &trouble);
        if (document == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("document %u of the recording cannot be read: %s"),
                              documents->len + 1, trouble->message);
            return NULL;
        }
        g_ptr_array_add(documents, document);
    }
    return g_steal_pointer(&documents);
}

/* A command, when @index is even, or a reply. */
static gboolean
check_document(const GPtrArray *documents, guint index, GError **error)
{
    const VirtCpuJson *document = g_ptr_array_index(documents, index);

    if (index % 2 == 0 ? virtcpu_json_get_string(document, "execute") != NULL
                       : virtcpu_json_get(document, "return") != NULL ||
                             virtcpu_json_get(document, "error") != NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      index % 2 == 0 ? _("document %u of the recording is no command")
                                     : _("document %u of the recording is no reply"),
                      index + 1);
    return FALSE;
}

/* All of @text as Exchanges (transfer full). */
static GPtrArray *
read_exchanges(const char *text, GError **error)
{
    g_autoptr(GPtrArray) exchanges = g_ptr_array_new_with_free_func(exchange_free);
    g_autoptr(GPtrArray) documents = read_documents(text, error);
    unsigned qemu = 0;

    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        if (!check_document(documents, i, error)) {
            return NULL;
        }
    }
    if (documents == NULL) {
        return NULL;
    }
    if (documents->len == 0 || documents->len % 2 != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the recording is empty or ends in a command without a reply"));
        return NULL;
    }
    for (guint i = 0; i < documents->len; i += 2) {
        Exchange *exchange = g_new0(Exchange, 1);

        g_ptr_array_add(exchanges, exchange);
        exchange->command = g_steal_pointer(&documents->pdata[i]);
        exchange->reply = g_steal_pointer(&documents->pdata[i + 1]);
        qemu +=
            g_str_equal(virtcpu_json_get_string(exchange->command, "execute"), "qmp_capabilities");
        exchange->qemu = qemu;
    }
    return g_steal_pointer(&exchanges);
}

/* The reply QEMU number @qemu gave to @question about @subject, or NULL when it was not asked
 * (transfer none). */
static const VirtCpuJson *
find_reply(const GPtrArray *exchanges, unsigned qemu, const VirtCpuQemuQuestion *question,
           const char *subject)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_qemu_question_arguments(question, subject);
    gboolean same_arguments =
        question->exact || (arguments != NULL && strstr(question->arguments, "%s") != NULL);

    for (guint i = 0; i < exchanges->len; i++) {
        const Exchange *exchange = exchanges->pdata[i];

        if (exchange->qemu == qemu &&
            g_strcmp0(virtcpu_json_get_string(exchange->command, "execute"), question->command) ==
                0 &&
            (!same_arguments ||
             virtcpu_json_equal(virtcpu_json_get(exchange->command, "arguments"), arguments))) {
            return exchange->reply;
        }
    }
    return NULL;
}

/* Likewise its answer; NULL also when QEMU refused one. */
static const VirtCpuJson *
find_answer(const GPtrArray *exchanges, unsigned qemu, const VirtCpuQemuQuestion *question,
            const char *subject)
{
    return virtcpu_json_get(find_reply(exchanges, qemu, question, subject), "return");
}

static void
keep(VirtCpuJson *document, const char *member, const VirtCpuJson *answer)
{
    if (answer != NULL) {
        virtcpu_json_set(document, member, virtcpu_json_copy(answer));
    }
}

/* Fill @document from QEMU number @qemu; what depends on no accelerator from the first. */
static void
replay(VirtCpuJson *document, const GPtrArray *exchanges, unsigned qemu, VirtCpuVirtType virt_type)
{
    const char *largest = virtcpu_qemu_largest_model(virt_type);
    const VirtCpuQemuQuestion *full = virtcpu_qemu_question_full_expansion();
    const VirtCpuQemuQuestion *properties = virtcpu_qemu_question_properties();
    const char *type;
    gsize count;
    const VirtCpuQemuQuestion *questions = virtcpu_qemu_questions(&count);

    for (gsize i = 0; i < count; i++) {
        gboolean asked = find_reply(exchanges, qemu, &questions[i], largest) != NULL;

        keep(document, questions[i].member,
             find_answer(exchanges, asked ? qemu : 1, &questions[i], largest));
    }
    if (virtcpu_json_get(document, full->member) == NULL) {
        keep(document, full->member, find_answer(exchanges, qemu, full, largest));
    }
    if (virtcpu_qemu_expansion_tells_deprecated(virtcpu_json_get(document, full->member))) {
        const VirtCpuQemuQuestion *deprecated = virtcpu_qemu_question_deprecated();

        keep(document, deprecated->member, find_answer(exchanges, qemu, deprecated, largest));
    }
    type = virtcpu_qemu_definition_type(virtcpu_json_get(document, "models"), "max");
    if (type != NULL) {
        keep(document, properties->member, find_answer(exchanges, 1, properties, type));
    }
}

VirtCpuQemuCaps *
virtcpu_qemu_replies_read(const char *text, const char *binary, VirtCpuVirtType virt_type,
                          GError **error)
{
    static const VirtCpuQemuQuestion query_kvm = { .command = "query-kvm" };
    g_autoptr(GPtrArray) exchanges = read_exchanges(text, error);
    g_autoptr(VirtCpuJson) document = virtcpu_json_new_object();
    gboolean has_kvm;
    unsigned qemu, last;

    if (exchanges == NULL) {
        return NULL;
    }
    last = exchanges->len > 0 ? ((Exchange *)exchanges->pdata[exchanges->len - 1])->qemu : 0;
    has_kvm = virtcpu_json_get_bool(find_answer(exchanges, 1, &query_kvm, NULL), "enabled", FALSE);
    qemu = virt_type != VIRTCPU_VIRT_KVM && has_kvm ? 2 : 1;
    if (qemu > last || (virt_type == VIRTCPU_VIRT_KVM && !has_kvm)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("no QEMU was recorded under virt type '%s'"),
                          virtcpu_virt_type_to_string(virt_type));
        return NULL;
    }
    virtcpu_json_set_string(document, "binary", binary);
    virtcpu_json_set_string(document, "virt-type", virtcpu_virt_type_to_string(virt_type));
    replay(document, exchanges, qemu, virt_type);
    return virtcpu_qemu_caps_from_json(document, error);
}
