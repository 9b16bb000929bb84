"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, QueryField, Routes, Setting, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="classify",
            target="map4.labels.commands:command",
            summary="Label tracks with genre, mood and era by a language model.",
            group="Tidy",
            order=7,
        ),
    ),
    routes=(Routes(tag="plans", target="map4.labels.routes:ROUTES", order=162),),
    jobs=(
        JobType(
            name="classify",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.labels.plans:draft_classify",
            plan="map4.labels.plans:do_classify",
            needs="scan",
            lane="plans",
            order=160,
        ),
    ),
    tables=(Tables(target="map4.labels.tables:TABLES", order=70),),
    query_fields=(
        QueryField(
            name="mood",
            kind="text",
            help="mood, once the library is classified",
            example="mood:dark",
            forms="map4.store.query.label_fields:MOOD",
            after="channels",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="subgenre",
            kind="text",
            help="subgenre, once the library is classified",
            example="subgenre:dub",
            forms="map4.store.query.label_fields:SUBGENRE",
            after="mood",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="era",
            kind="text",
            help="era, once the library is classified",
            example="era:90s",
            forms="map4.store.query.label_fields:ERA",
            after="subgenre",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="tag",
            kind="text",
            help="tag, once the library is classified",
            example="tag:peak",
            forms="map4.store.query.label_fields:TAG",
            after="era",
            in_words="tagged",
        ),
    ),
    settings=(
        Setting(
            name="classify.model",
            reader="text",
            default_target="map4.labels.providers.claude:DEFAULT_MODEL",
            help="Claude's model that labels tracks",
            order=280,
        ),
        Setting(
            name="classify.base_url",
            reader="address",
            arguments=("https://api.anthropic.com",),
            default_target="map4.labels.providers.claude:DEFAULT_BASE_URL",
            help="where Claude answers",
            order=290,
        ),
        Setting(
            name="classify.models",
            reader="tables",
            members={
                "provider": ((str,), "claude or openai"),
                "model": ((str,), "the name of a model"),
                "url": ((str,), "an address"),
                "token_env": ((str,), "the name of a variable"),
            },
            example="classify.models.local.url",
            default={},
            help="names of other models that label tracks",
            order=300,
        ),
    ),
)
