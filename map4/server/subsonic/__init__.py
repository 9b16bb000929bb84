"""The OpenSubsonic API, which many phone apps and music servers speak (opensubsonic.netlify.app)."""
