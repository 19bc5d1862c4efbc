/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/explicit-ask.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/questions.h"
#include "drivers/qemu/session.h"

#include <string.h>

/* Expansions that are asked in one go: those below, then the versions of the model. */
enum {
    ASK_CPU,
    ASK_PLAIN,
    ASK_BARE,
    ASK_VERSIONS,
};

typedef struct {
    const VirtCpuArgsInput *input;
    GPtrArray *names;     /* of char *, one a call */
    GPtrArray *arguments; /* of VirtCpuJson, one a call */
    VirtCpuQmpCall *calls;
} Batch;

static void
batch_clear(Batch *batch)
{
    for (guint i = 0; batch->calls != NULL && i < batch->names->len; i++) {
        virtcpu_qmp_call_clear(&batch->calls[i]);
    }
    g_free(batch->calls);
    g_ptr_array_unref(batch->names);
    g_ptr_array_unref(batch->arguments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

void
virtcpu_explicit_content_free(VirtCpuExplicitContent *content)
{
    if (content == NULL) {
        return;
    }
    g_free(content->version);
    virtcpu_json_free(content->props);
    virtcpu_json_free(content->plain);
    virtcpu_json_free(content->named);
    virtcpu_json_free(content->bare);
    g_free(content);
}

gboolean
virtcpu_explicit_applies(const VirtCpuArgsInput *input)
{
    const VirtCpuDef *cpu = input->cpu;
    g_autofree const char **features = virtcpu_cpu_feature_names(input->def->arch);

    if (cpu == NULL || cpu->mode != VIRTCPU_MODE_CUSTOM || cpu->model == NULL ||
        !virtcpu_qemu_caps_has_command(input->caps, VIRTCPU_QEMU_EXPANSION)) {
        return FALSE;
    }
    return features[0] != NULL;
}

/* Ask for model @name with @props (transfer full, may be NULL) as well. */
static void
batch_add(Batch *batch, const char *name, VirtCpuJson *props)
{
    VirtCpuJson *arguments = virtcpu_qemu_expansion_arguments("full", name, props);

    g_ptr_array_add(batch->names, g_strdup(name));
    g_ptr_array_add(batch->arguments, arguments);
}

/* TRUE when @name is a version of @model: "Westmere-v2" of "Westmere". */
static gboolean
is_version_of(const char *name, const char *model)
{
    gsize length = strlen(model);
    const char *number = name + length + strlen("-v");

    return strncmp(name, model, length) == 0 && g_str_has_prefix(name + length, "-v") &&
           *number != '\0' && strspn(number, "0123456789") == strlen(number);
}

/* Versions by number. */
static int
compare_versions(gconstpointer a, gconstpointer b)
{
    const char *x = *(const char *const *)a;
    const char *y = *(const char *const *)b;
    gsize x_length = strlen(x);
    gsize y_length = strlen(y);

    return x_length != y_length ? (x_length < y_length ? -1 : 1) : strcmp(x, y);
}

/* The models that may be what @model stands for, lowest version first; only itself when it is a
 * version (transfer full). */
static GPtrArray *
list_versions(const VirtCpuQemuCaps *caps, const char *model)
{
    const VirtCpuHvModel *own = virtcpu_qemu_caps_model(caps, model);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *other = g_ptr_array_index(caps->models, i);

        if (is_version_of(other->name, model)) {
            g_ptr_array_add(names, g_strdup(other->name));
        }
    }
    /* a name of its own for a version of another: Westmere-IBRS */
    if (names->len == 0 && own != NULL && own->canonical != NULL) {
        g_ptr_array_add(names, g_strdup(own->canonical));
    }
    g_ptr_array_sort(names, compare_versions);
    return names;
}

static Batch
make_batch(const VirtCpuArgsInput *input)
{
    const VirtCpuHvModel *bare = virtcpu_explicit_bare_model(input->caps);
    const char *model = input->cpu->model;
    g_autoptr(GPtrArray) versions = list_versions(input->caps, model);
    Batch batch = {
        .input = input,
        .names = g_ptr_array_new_with_free_func(g_free),
        .arguments = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free),
    };

    batch_add(&batch, model, virtcpu_args_cpu_properties(input));
    batch_add(&batch, model, NULL);
    batch_add(&batch, bare != NULL ? bare->name : model, NULL);
    for (guint i = 0; i < versions->len; i++) {
        batch_add(&batch, g_ptr_array_index(versions, i), NULL);
    }
    batch.calls = g_new0(VirtCpuQmpCall, batch.names->len);
    for (guint i = 0; i < batch.names->len; i++) {
        batch.calls[i].command = VIRTCPU_QEMU_EXPANSION;
        batch.calls[i].arguments = g_ptr_array_index(batch.arguments, i);
    }
    return batch;
}

/* Take the properties out of answer @index; NULL when there are none. */
static VirtCpuJson *
take_props(const Batch *batch, guint index)
{
    g_autoptr(VirtCpuJson) model = batch->calls[index].reply != NULL
                                       ? virtcpu_json_take(batch->calls[index].reply, "model")
                                       : NULL;
    g_autoptr(VirtCpuJson) props = model != NULL ? virtcpu_json_take(model, "props") : NULL;

    return virtcpu_json_kind(props) == VIRTCPU_JSON_OBJECT ? g_steal_pointer(&props) : NULL;
}

/* What a batch answered, as VirtCpuExplicitPropsFunc. */
static VirtCpuJson *
get_answer(guint index, const char *model, gpointer user_data, GError **error)
{
    const Batch *batch = user_data;
    VirtCpuJson *props = take_props(batch, index);
    const GError *reason = batch->calls[index].error;

    if (props == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU '%s' does not tell what CPU model '%s' is under machine type "
                            "'%s': %s"),
                          batch->input->caps->binary, model, batch->input->def->machine,
                          reason != NULL ? reason->message : _("its answer has no properties"));
    }
    return props;
}

static gboolean
has_equal_props(const VirtCpuJson *a, const VirtCpuJson *b)
{
    gboolean equal = virtcpu_json_size(a) == virtcpu_json_size(b);

    for (gsize i = 0; equal && i < virtcpu_json_size(a); i++) {
        equal = virtcpu_json_equal(virtcpu_json_at(a, i),
                                   virtcpu_json_get(b, virtcpu_json_key_at(a, i)));
    }
    return equal;
}

/* What is asked for a content. */
typedef struct {
    VirtCpuExplicitPropsFunc get;
    gpointer user_data;
} Source;

/* The first version with the model's own content; else the first, from which a machine type then
 * differs; else the model itself. */
static void
choose_version(const Source *source, const GPtrArray *versions, const char *model,
               VirtCpuExplicitContent *content)
{
    gboolean is_exact = FALSE;

    for (guint i = 0; i < versions->len && !is_exact; i++) {
        const char *name = g_ptr_array_index(versions, i);
        g_autoptr(VirtCpuJson) props = source->get(ASK_VERSIONS + i, name, source->user_data, NULL);

        is_exact = props != NULL && has_equal_props(props, content->plain);
        if (is_exact || (props != NULL && content->version == NULL)) {
            g_free(content->version);
            content->version = g_strdup(name);
            virtcpu_json_free(content->named);
            content->named = g_steal_pointer(&props);
        }
    }
    if (content->version == NULL) {
        content->version = g_strdup(model);
        content->named = virtcpu_json_copy(content->plain);
    }
}

VirtCpuExplicitContent *
virtcpu_explicit_content_new(const VirtCpuArgsInput *input, VirtCpuExplicitPropsFunc get,
                             gpointer user_data, GError **error)
{
    const Source source = { get, user_data };
    const char *model = input->cpu->model;
    const VirtCpuHvModel *bare = virtcpu_explicit_bare_model(input->caps);
    g_autoptr(GPtrArray) versions = list_versions(input->caps, model);
    g_autoptr(VirtCpuExplicitContent) content = g_new0(VirtCpuExplicitContent, 1);

    content->props = get(ASK_CPU, model, user_data, error);
    content->plain = content->props != NULL ? get(ASK_PLAIN, model, user_data, error) : NULL;
    if (content->plain == NULL) {
        return NULL;
    }
    if (bare != NULL) {
        content->bare = get(ASK_BARE, bare->name, user_data, error);
        if (content->bare == NULL) {
            return NULL;
        }
    }
    choose_version(&source, versions, model, content);
    return g_steal_pointer(&content);
}

VirtCpuExplicitContent *
virtcpu_explicit_ask(const VirtCpuArgsInput *input, unsigned timeout_ms, GCancellable *cancel,
                     GError **error)
{
    g_auto(Batch) batch = make_batch(input);
    g_autoptr(VirtCpuQemuSession) session =
        virtcpu_qemu_session_new(input->caps->binary, input->caps->virt_type, input->def->machine,
                                 timeout_ms, cancel, error);
    GError *reason = NULL;

    if (session == NULL) {
        return NULL;
    }
    if (!virtcpu_qemu_session_ask(session, batch.calls, batch.names->len, &reason)) {
        virtcpu_qemu_session_explain(session, reason, error);
        return NULL;
    }
    return virtcpu_explicit_content_new(input, get_answer, &batch, error);
}

gboolean
virtcpu_explicit_content_write(const VirtCpuExplicitContent *content, const VirtCpuQemuCaps *caps,
                               VirtCpuCpuLine *line, GError **error)
{
    const VirtCpuExplicitInput input = {
        .caps = caps,
        .model = content->version,
        .props = content->props,
        .bare = content->bare,
        .named = content->named,
    };

    return virtcpu_explicit_write(&input, line, error);
}

gboolean
virtcpu_cpu_line_make(const VirtCpuArgsInput *input, VirtCpuCpuForm form, unsigned timeout_ms,
                      GCancellable *cancel, VirtCpuCpuLine *line, GError **error)
{
    g_autoptr(VirtCpuExplicitContent) content = NULL;

    if (form == VIRTCPU_CPU_FORM_NAMED || !virtcpu_explicit_applies(input)) {
        line->cpu = virtcpu_args_cpu(input, error);
        line->globals = g_new0(char *, 1);
        return line->cpu != NULL;
    }
    content = virtcpu_explicit_ask(input, timeout_ms, cancel, error);
    return content != NULL && virtcpu_explicit_content_write(content, input->caps, line, error);
}
