/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A <domain> element: the part of libvirt's grammar that virtcpu runs. */
#pragma once

#include "conf/cpu-form.h"
#include "conf/domain-device.h"
#include "conf/domain-memory.h"
#include "conf/domain-tune.h"

#define VIRTCPU_UUID_BYTES 16

/* <domain type=>: which accelerator runs it. */
typedef enum {
    VIRTCPU_VIRT_QEMU, /* TCG */
    VIRTCPU_VIRT_KVM,
    VIRTCPU_VIRT_LAST,
} VirtCpuVirtType;

/* What on_poweroff, on_reboot and on_crash ask for. */
typedef enum {
    VIRTCPU_ACTION_DESTROY,
    VIRTCPU_ACTION_RESTART,
    VIRTCPU_ACTION_RENAME_RESTART,
    VIRTCPU_ACTION_PRESERVE,
    VIRTCPU_ACTION_LAST,
} VirtCpuLifecycleAction;

/* <timer> below <clock>. */
typedef struct {
    char *name;
    VirtCpuTristate present;
    char *tickpolicy;
    guint64 frequency_hz; /* of the tsc; 0: not given */
} VirtCpuTimerDef;

/* A name below <features> with its state. */
typedef struct {
    char *name;            /* "acpi"; "hyperv/relaxed"; "kvm/hidden" */
    VirtCpuTristate state; /* ABSENT: written without state= */
    char *value;           /* hyperv spinlocks retries=, vendor_id value=; or NULL */
} VirtCpuFeatureDef;

/* Fields absent in the XML are NULL, 0 or empty unless said otherwise. Built by one owner, then
 * const. */
typedef struct {
    VirtCpuVirtType virt_type;
    int id; /* -1: inactive */
    char *name;
    guint8 uuid[VIRTCPU_UUID_BYTES];
    gboolean has_uuid; /* always TRUE after completion */
    char *title;
    char *description;
    char *metadata;   /* the <metadata> element's whole text, verbatim, or NULL */
    gsize read_bytes; /* length of the text it was read from: about that of what is printed */

    guint64 max_memory_kib;     /* <memory> */
    guint64 current_memory_kib; /* <currentMemory>, filled in */
    VirtCpuMemoryBacking memory_backing;
    GPtrArray *memory_nodes; /* of VirtCpuMemoryNode: <memory>, then each <memnode> */
    unsigned max_vcpus;
    unsigned vcpus;          /* current=; equal to max_vcpus when not written */
    unsigned fixed_vcpus;    /* how many of them the machine is started with, the others being
                                plugged into it; 0: all */
    unsigned iothread_count; /* <iothreads> as written: tune has them all */
    VirtCpuTune tune;

    VirtCpuArch arch;
    char *machine;  /* as written or completed */
    char *firmware; /* <os firmware=>: "efi", "bios"; or NULL */
    char *loader, *loader_type;
    VirtCpuTristate loader_readonly, loader_secure;
    char *nvram, *nvram_template; /* the file for UEFI's variables, and what it is made from */
    char *kernel, *initrd, *cmdline, *dtb;
    GPtrArray *boot_devs; /* of char*: "hd", "cdrom", "network", "fd" */
    VirtCpuTristate bootmenu;

    GPtrArray *features;         /* of VirtCpuFeatureDef */
    VirtCpuDef *cpu;             /* NULL: none written */
    VirtCpuCpuForm cpu_form;     /* what metadata asks for */
    VirtCpuJson *cpu_properties; /* likewise, see virtcpu_cpu_form_parse; or NULL */

    char *clock_offset; /* "utc" when not written */
    GPtrArray *timers;  /* of VirtCpuTimerDef */
    VirtCpuLifecycleAction on_poweroff, on_reboot, on_crash;
    VirtCpuTristate suspend_to_mem, suspend_to_disk; /* <pm> */

    char *emulator;
    /* each of the devices its name says; virtcpu_domain_def_devices finds them by kind */
    GPtrArray *disks, *controllers, *nets, *serials, *consoles, *channels, *inputs, *graphics,
        *audios, *videos, *watchdogs, *memballoons, *rngs;

    GPtrArray *qemu_args; /* <qemu:commandline>: of char *, appended to QEMU's command line */
    GPtrArray *qemu_env;  /* of char *, "NAME=value" */
} VirtCpuDomainDef;

/* What fills gaps in a definition; the caller has asked a QEMU for it. */
typedef struct {
    VirtCpuArch arch;       /* used when <os><type arch=> is missing */
    const char *machine;    /* canonical default machine type, for a missing machine= */
    const char *emulator;   /* for a missing <emulator> */
    gboolean no_memballoon; /* none is added: the machine type has no place for it */
} VirtCpuDomainDefaults;

/* How a definition is written. */
typedef enum {
    VIRTCPU_DOMAIN_XML_SECURE = 1 << 0,   /* with passwords */
    VIRTCPU_DOMAIN_XML_INACTIVE = 1 << 1, /* without id, aliases and other live facts */
    VIRTCPU_DOMAIN_XML_MIGRATABLE = 1 << 3,
} VirtCpuDomainXmlFlags;

/* A new, empty definition (transfer full): id -1, every array empty, actions at libvirt's defaults.
 */
VirtCpuDomainDef *virtcpu_domain_def_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Have @def ask for @form and @properties (transfer full, may be NULL), in its metadata too. */
void virtcpu_domain_def_set_cpu_form(VirtCpuDomainDef *def, VirtCpuCpuForm form,
                                     VirtCpuJson *properties);

/* Free @def (may be NULL). */
void virtcpu_domain_def_free(VirtCpuDomainDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDomainDef, virtcpu_domain_def_free)

/* A deep copy of @def (transfer full). */
VirtCpuDomainDef *virtcpu_domain_def_copy(const VirtCpuDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* How many vCPUs the machine of @def is started with. */
unsigned virtcpu_domain_def_fixed_vcpus(const VirtCpuDomainDef *def);

/* Have @count vCPUs: those beyond what the machine is started with are plugged into it. */
void virtcpu_domain_def_plug_vcpus(VirtCpuDomainDef *def, unsigned count);

/* Read a <domain>. @validate: check against domain.rng first (XML_INVALID_SCHEMA). An element or
 * attribute that virtcpu does not run is CONFIG_UNSUPPORTED naming it and its line, never dropped.
 * Errors else as libvirt's: XML_ERROR, OS_TYPE, XML_DETAIL. Returns (transfer full). Any thread. */
VirtCpuDomainDef *virtcpu_domain_def_parse(const char *xml, gboolean validate,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The arch, machine and emulator a definition asks for may be NULL/NONE after parsing. Fill in what
 * is missing: those from @defaults, UUID, MAC addresses, current memory and vCPUs, console for the
 * first serial, target names, balloon. Then check the whole (vcpus against topology and NUMA cells,
 * targets twice, …). Errors: XML_ERROR, CONFIG_UNSUPPORTED. */
gboolean virtcpu_domain_def_complete(VirtCpuDomainDef *def, const VirtCpuDomainDefaults *defaults,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Read one device, an element of <devices>, as a definition would have it, but a controller that
 * names no index has -1 (transfer full). Errors:
 * those of virtcpu_domain_def_parse; CONFIG_UNSUPPORTED for an element that is no device virtcpu
 * runs. Any thread. */
gpointer virtcpu_device_parse(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in what @device, which is one of @def's or is to become one, leaves out: format, MAC
 * address, model, bus, index. Errors: XML_ERROR for a target that another disk has,
 * CONFIG_UNSUPPORTED for an I/O thread that @def does not have. */
gboolean virtcpu_device_complete(gpointer device, const VirtCpuDomainDef *def,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @def in libvirt's element order (transfer full). define(format(x)) is x. */
char *virtcpu_domain_def_format(const VirtCpuDomainDef *def,
                                VirtCpuDomainXmlFlags flags) G_GNUC_WARN_UNUSED_RESULT;

/* The devices of @kind (transfer none): one of @def's arrays. */
GPtrArray *virtcpu_domain_def_devices(const VirtCpuDomainDef *def, VirtCpuDeviceKind kind);

/* What is done with a device on a walk over all; FALSE, with @error, ends the walk. */
typedef gboolean (*VirtCpuDeviceVisitor)(VirtCpuDeviceInfo *device, gpointer data, GError **error);

/* Do @visit with @data for every device of @def, kind by kind. FALSE when one was answered FALSE.
 */
gboolean virtcpu_domain_def_visit(const VirtCpuDomainDef *def, VirtCpuDeviceVisitor visit,
                                  gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put @controller (transfer full) before the first of its type with a greater index, else at the
 * end. */
void virtcpu_domain_def_add_controller(VirtCpuDomainDef *def, VirtCpuControllerDef *controller);

/* Put @device (transfer full) where libvirt has one that is added: a disk behind those of its bus
 * with lower targets, a controller by its index, any other at the end of its kind. */
void virtcpu_domain_def_insert(VirtCpuDomainDef *def, gpointer device);

/* The controller of @type and @index (transfer none), or NULL. */
VirtCpuControllerDef *virtcpu_domain_def_find_controller(const VirtCpuDomainDef *def,
                                                         VirtCpuControllerType type, int index);

/* The disk with target @target ("vda") (transfer none), or NULL. */
VirtCpuDiskDef *virtcpu_domain_def_find_disk(const VirtCpuDomainDef *def, const char *target);

/* The disk that clients name by @path, its target or its source (transfer none), or NULL. */
VirtCpuDiskDef *virtcpu_domain_def_find_disk_at(const VirtCpuDomainDef *def, const char *path);

/* The device with @alias (transfer none), or NULL. */
VirtCpuDeviceInfo *virtcpu_domain_def_find_alias(const VirtCpuDomainDef *def, const char *alias);

/* Take @device, which is one of @def's, out of it and free it. */
void virtcpu_domain_def_remove(VirtCpuDomainDef *def, VirtCpuDeviceInfo *device);

/* What <numatune> says of the memory of the guest's cell @cell (-1: a machine without cells), with
 * @general that of all when there is nothing of its own (transfer none); or NULL. */
const VirtCpuMemoryNode *virtcpu_domain_def_memory_node(const VirtCpuDomainDef *def, int cell,
                                                        gboolean general);

/* The feature named @name as VirtCpuFeatureDef has it (transfer none), or NULL when it is not
 * written. */
const VirtCpuFeatureDef *virtcpu_domain_def_find_feature(const VirtCpuDomainDef *def,
                                                         const char *name);

/* "qemu" or "kvm"; NULL out of range. */
const char *virtcpu_virt_type_to_string(VirtCpuVirtType type);

/* The type named @name (may be NULL) into @type; FALSE when unknown. */
gboolean virtcpu_virt_type_from_string(const char *name, VirtCpuVirtType *type);

/* "virtio", "ide", "sata", "scsi". */
const char *virtcpu_disk_bus_to_string(VirtCpuDiskBus bus);

/* "destroy", "restart", "rename-restart", "preserve". */
const char *virtcpu_action_to_string(VirtCpuLifecycleAction action);

/* 36 characters of @uuid (transfer full). */
char *virtcpu_uuid_to_string(const guint8 uuid[VIRTCPU_UUID_BYTES]) G_GNUC_WARN_UNUSED_RESULT;

/* 16 bytes from @text; FALSE when it is no UUID. Dashes may be missing, as libvirt allows. */
gboolean virtcpu_uuid_from_string(const char *text, guint8 uuid[VIRTCPU_UUID_BYTES]);
