"""A project's own user model, with nothing but what Django's AbstractBaseUser promises."""
