"""What this subject registers."""

from map4.base.declaration import Declaration, Setting

DECLARATION = Declaration(
    settings=(
        Setting(
            name="classify.model",
            reader="text",
            default_target="map4.models.claude:DEFAULT_MODEL",
            help="Claude's model that labels tracks",
            order=280,
        ),
        Setting(
            name="classify.base_url",
            reader="address",
            arguments=("https://api.anthropic.com",),
            default_target="map4.models.claude:DEFAULT_BASE_URL",
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
