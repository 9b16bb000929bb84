"""What this subject registers."""

from map4.core.base.declaration import Declaration, Setting

DECLARATION = Declaration(
    Setting(
        "classify.model",
        "Claude's model that labels tracks",
        "text",
        default_target="map4.extras.shared.claude:DEFAULT_MODEL",
        order=280,
    ),
    Setting(
        "classify.base_url",
        "where Claude answers",
        "address",
        ("https://api.anthropic.com",),
        default_target="map4.extras.shared.claude:DEFAULT_BASE_URL",
    ),
    Setting(
        "classify.models",
        "names of other models that label tracks",
        "tables",
        default={},
        members={
            "provider": ((str,), "claude or openai"),
            "model": ((str,), "the name of a model"),
            "url": ((str,), "an address"),
            "token_env": ((str,), "the name of a variable"),
        },
        example="classify.models.local.url",
    ),
)
