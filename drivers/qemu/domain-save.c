/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving a guest: its state goes to a file beside the image's place; when all of it is on disk the
 * status says so, the image is put in place, and the QEMU is ended. Before that everything can be
 * rolled back, after it everything can be finished: there is the guest or its image, never neither
 * and never both.
 *
 * A daemon that finds a save half done finishes it when QEMU has written everything, and else rolls
 * it back. Nothing is lost either way; but a QEMU that has written a guest that was paused before
 * does not write it again until it has run, so rolled back it could be saved only after a moment
 * that nobody wished for. */
#include "drivers/qemu/domain-save.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-save.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/move-out.h"
#include "drivers/qemu/save-file.h"
#include "drivers/qemu/save-xml.h"

/* Phases in the status file. */
enum {
    SAVE_WRITING = 1, /* the image is not complete, unless QEMU says so: back to the guest */
    SAVE_PUTTING = 2, /* it is: on to the image */
};

#define MIB (1024u * 1024u)

/* What is asked for. */
typedef struct {
    const char *place; /* resolved */
    const char *xml;   /* may be NULL */
    unsigned flags;
} Save;

/* The image's documents, made from the domain as it runs. */
typedef struct {
    char *definition, *passport;
} Documents;

static void
documents_clear(Documents *documents)
{
    g_free(documents->definition);
    g_free(documents->passport);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Documents, documents_clear)

static gboolean
make_documents(VirtCpuDomain *domain, const char *xml, Documents *documents, GError **error)
{
    g_autoptr(VirtCpuDomainDef) live = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuPassport) passport = NULL;

    g_mutex_lock(&domain->lock);
    live = virtcpu_domain_def_copy(domain->live);
    if (domain->run->passport) {
        passport = virtcpu_passport_ref(domain->run->passport);
    }
    g_mutex_unlock(&domain->lock);
    def = virtcpu_save_replace_def(domain->driver, live, xml, error);
    if (!def) {
        return FALSE;
    }
    documents->definition = virtcpu_save_format_def(def);
    documents->passport = passport ? virtcpu_passport_to_xml(passport) : NULL;
    return TRUE;
}

/* The guest's state into @file, and all of that on disk. */
static gboolean
write_state(VirtCpuDomain *domain, VirtCpuSaveFile *file, unsigned flags, GError **error)
{
    g_autoptr(VirtCpuJson) parameters = virtcpu_json_new_object();
    VirtCpuMoveOut out = { .fd = file->fd, .parameters = parameters };
    VirtCpuOperationProgress progress;

    virtcpu_json_set(parameters, "max-bandwidth",
                     virtcpu_json_new_uint(virtcpu_domain_max_speed(domain) * MIB));
    if (virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING &&
        !virtcpu_domain_pause(domain, VIRTCPU_PAUSED_SAVE, VIRTCPU_SUSPENDED_PAUSED, error)) {
        return FALSE;
    }
    if (!virtcpu_move_out(domain, &out, error) ||
        !virtcpu_domain_operation_ask(domain, &progress, error) ||
        !virtcpu_save_file_finish(file, !(flags & VIRTCPU_SAVE_FLAG_BYPASS_CACHE), error)) {
        return FALSE;
    }
    virtcpu_domain_operation_completed(domain, &progress, VIRTCPU_JOB_COMPLETED);
    return TRUE;
}

/* The image is in its place: end the QEMU that had its guest. */
static gboolean
end_saved(VirtCpuDomain *domain, GError **error)
{
    return virtcpu_domain_end_run(domain, VIRTCPU_SHUTOFF_SAVED, VIRTCPU_STOPPED_SAVED, error);
}

/* Back to the guest. */
static void
roll_back(VirtCpuDomain *domain, const char *place)
{
    virtcpu_save_file_drop(place, domain->uuid);
    virtcpu_move_out_undo(domain, VIRTCPU_RUNNING_SAVE_CANCELED);
}

/* The operation is marked, and the domain runs. */
static gboolean
save(VirtCpuDomain *domain, const Save *wanted, GError **error)
{
    gboolean did_run = virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING;
    g_auto(Documents) documents = { NULL };
    g_autoptr(VirtCpuSaveFile) file = NULL;
    VirtCpuSaveDocuments content;

    if (!make_documents(domain, wanted->xml, &documents, error) ||
        !virtcpu_domain_operation_set_phase(domain, SAVE_WRITING, did_run, wanted->place, error)) {
        return FALSE;
    }
    content = (VirtCpuSaveDocuments){
        .definition = documents.definition,
        .passport = documents.passport,
        .running = virtcpu_save_choose_running(wanted->flags, did_run),
    };
    file = virtcpu_save_file_new(wanted->place, domain->uuid, &content, error);
    if (!file || !write_state(domain, file, wanted->flags, error) ||
        !virtcpu_domain_operation_set_phase(domain, SAVE_PUTTING, did_run, wanted->place, error) ||
        !virtcpu_save_file_put(wanted->place, domain->uuid, error)) {
        roll_back(domain, wanted->place);
        return FALSE;
    }
    return end_saved(domain, error);
}

static gboolean
check_state(VirtCpuDomain *domain, gboolean managed, GError **error)
{
    if (!virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if (managed && !domain->config) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot do managed save for transient domain"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_driver_save(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], const char *path,
                    const char *xml, unsigned flags, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autofree char *place = NULL;
    gboolean saved;

    if (!domain || !virtcpu_save_check_flags(flags, error)) {
        return FALSE;
    }
    place = path ? virtcpu_save_file_resolve(path, error) : virtcpu_managed_image_path(domain);
    if (!place || !virtcpu_domain_operation_begin(domain, VIRTCPU_OPERATION_SAVE, 0, error)) {
        return FALSE;
    }
    saved = check_state(domain, path == NULL, error) &&
            save(domain, &(Save){ .place = place, .xml = xml, .flags = flags }, error);
    virtcpu_domain_operation_end(domain);
    return saved;
}

/* The earlier daemon waited for QEMU, or for the disk: when QEMU is done, do what was left. */
static gboolean
complete(VirtCpuDomain *domain, const char *place, GError **error)
{
    g_autoptr(VirtCpuSaveFile) file = virtcpu_save_file_reopen(place, domain->uuid, error);

    return file && virtcpu_save_file_finish(file, TRUE, error) &&
           virtcpu_domain_operation_set_phase(domain, SAVE_PUTTING, domain->operation.resume, place,
                                              error);
}

/* A stream that is still under way ends here; it may be complete before it is cancelled. */
static gboolean
is_written(VirtCpuDomain *domain)
{
    return virtcpu_move_out_is_complete(domain) ||
           (virtcpu_move_cancel(domain, NULL) && virtcpu_move_out_is_complete(domain));
}

/* TRUE when the image at @place is whole and there. */
static gboolean
finish(VirtCpuDomain *domain, const char *place)
{
    g_autoptr(GError) error = NULL;
    gboolean whole = domain->operation.phase == SAVE_PUTTING;

    if (!whole && !is_written(domain)) {
        return FALSE;
    }
    whole = whole || complete(domain, place, &error);
    if (!whole || !virtcpu_save_file_put(place, domain->uuid, &error)) {
        g_warning("The image of domain '%s' is given up: %s", domain->name, error->message);
        return FALSE;
    }
    return TRUE;
}

void
virtcpu_domain_save_recover(VirtCpuDomain *domain)
{
    g_autofree char *place = g_strdup(domain->operation.path);
    g_autoptr(GError) error = NULL;

    if (place && domain->run && !finish(domain, place)) {
        roll_back(domain, place);
    } else if (place && domain->run && !end_saved(domain, &error)) {
        g_warning("Domain '%s' is saved but does not end: %s", domain->name, error->message);
    }
    virtcpu_domain_operation_end(domain);
}

gboolean
virtcpu_domain_save_recover_unseen(const VirtCpuDomainStatus *status)
{
    g_autoptr(GError) error = NULL;

    if (status->operation != VIRTCPU_OPERATION_SAVE || !status->path) {
        return FALSE;
    }
    if (status->phase != SAVE_PUTTING) {
        virtcpu_save_file_drop(status->path, status->uuid);
        return FALSE;
    }
    if (!virtcpu_save_file_put(status->path, status->uuid, &error)) {
        g_warning("The image at '%s' is not in its place: %s", status->path, error->message);
        return FALSE;
    }
    return TRUE;
}
