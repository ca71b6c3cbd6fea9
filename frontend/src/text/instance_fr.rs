//! The page of one instance in French.

use super::instance::InstanceText;
use crate::page::instance::{Clock, Kind, Mark};

/// What the page says in French.
pub const TEXT: InstanceText = InstanceText {
    key_tabs: "Chronologie, Historique, Arbre, Données d’une instance",
    tabs: "Vues de cette instance",
    timeline: "Chronologie",
    tree: "Arbre",
    data: "Données",

    timeline_label: "Chronologie : étapes dans l’ordre de leur début",
    timeline_keys: "Les flèches choisissent une étape, Entrée l’ouvre, + et - changent l’échelle, 0 montre tout, gauche et droite déplacent. Ctrl et la molette changent aussi l’échelle.",
    as_list: "La même chose en liste d’événements",
    zoom: "Échelle",
    zoom_in: "Agrandir",
    zoom_out: "Réduire",
    zoom_all: "Tout montrer",
    idle: "Temps d’inactivité, montré plus court qu’il n’était",
    step: "Étape",
    no_steps: "Elle n’a fait que commencer et finir.",
    left_open: "resté ouvert",
    attempts: |n| format!("{n} tentatives"),
    attempt: |n| format!("Tentative {n}"),
    kind: |kind| match kind {
        Kind::Activity => "Activité",
        Kind::Timer => "Minuteur",
        Kind::Event => "Événement externe",
        Kind::Child => "Sous-orchestration",
        Kind::Entity => "Opération d’entité",
        Kind::Lock => "Verrou d’entités",
        Kind::Sent => "Envoi",
    },
    mark: |mark| match mark {
        Mark::Open => "en cours",
        Mark::Done => "terminé",
        Mark::Failed => "en échec",
        Mark::Pause => "attente avant la tentative suivante",
    },
    group_sum: |all, done, failed, open| {
        format!("{all} en parallèle : {done} terminées, {failed} en échec, {open} en cours.")
    },

    history_label: "Événements, du plus ancien au plus récent",
    filter: "Filtre",
    filter_hint: "Mots du nom, du type ou du contenu ; type:Task, name:Charge ; - ou NOT exclut.",
    jump: "Aller au n°",
    clock: |clock| match clock {
        Clock::Absolute => "Heure du jour",
        Clock::FromStart => "Depuis le début",
        Clock::FromPrevious => "Depuis l’événement précédent",
    },
    passing: |number, all| format!("{number} retenus · {all}"),
    none_passes: "Aucun événement ne passe le filtre.",
    no_such_event: |n| format!("L’historique n’a pas d’événement n° {n}."),
    event_before: "Événement précédent",
    event_after: "Événement suivant",
    pair: |n| format!("son autre moitié : n° {n}"),
    state_after: |n| format!("État après l’événement n° {n}"),
    under_way: "En cours",
    due_in: |left| format!("échéance dans {left}"),

    waits_activities: |done, all, slowest, since| {
        format!("{done} activités sur {all} ont fini ; attend surtout {slowest}, depuis {since}.")
    },
    waits_unserved: |name, n, since| {
        format!(
            "Aucun worker connecté ne prend {name} : {} {} jusqu’à {since}.",
            n.text,
            if n.one { "activité attend depuis" } else { "activités attendent depuis" }
        )
    },
    waits_child: |name, since| format!("Attend la sous-orchestration {name} depuis {since} :"),
    waits_children: |done, all, name, since| {
        format!(
            "{done} sous-orchestrations sur {all} ont fini ; attend surtout {name}, depuis {since} :"
        )
    },
    waits_retry: |name, next, left| {
        format!("{name} a échoué ; la tentative {next} commence dans {left}.")
    },
    waits_event_until: |since, left| {
        format!(
            "Attend un événement externe ou son minuteur depuis {since} ; échéance dans {left}."
        )
    },
    waits_entity: |operation, id, since| {
        if operation.is_empty() {
            format!("Attend le verrou de {id} depuis {since}.")
        } else {
            format!("Attend l’opération {operation} de l’entité {id} depuis {since}.")
        }
    },

    parents: "Parentes",
    entities: "Entités auxquelles elle s’est adressée",
    no_children: "Elle n’a démarré aucune sous-orchestration.",
    not_there: "n’est plus dans le hub",
    children_of: |id| format!("Sous-orchestrations de {id}"),

    wrap: "Retour à la ligne",
    download: "Télécharger",
    find: "Chercher une clé ou une valeur",
    hits: |n, more| {
        let places = if n.one { "endroit" } else { "endroits" };
        if more {
            format!("Les {} premiers {places} ; précisez pour en voir moins.", n.text)
        } else {
            format!("{} {places}", n.text)
        }
    },
    whole: "Document entier",
    path: "Chemin",
    value: "Valeur",
    urls: "URL de gestion HTTP",
    urls_hint: "Ce que répond un démarrage. Mettez le nom de l’événement et le motif à la place des accolades.",
    url: "Adresse",
    as_curl: "en curl",

    copy_as: "Copier comme…",
    code: "le code",
    same_id: "Sous le même ID",
    same_id_hint: "L’exécution présente disparaît avec son historique ; une nouvelle prend sa place.",
    open: "Ouvrir",
    not_permitted: "Votre rôle ne le permet pas. Adressez-vous à un administrateur du serveur.",
};
